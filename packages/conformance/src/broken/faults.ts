import { type Attrs, dataOf, decodeFloat, encodeFloat, type Tensor, toNumbers } from '@ghostc/ir';
import { intsOf } from '@ghostc/ops';
import { type Call, type Fault, fittedTo, indexAlong, mapped } from './broken-runtime.ts';

/** Other attributes, in loops with the right bounds. */
export const withAttrs =
  (change: (attrs: Attrs, call: Call) => Attrs): Fault =>
  (call) => {
    const shape = call.node.output.type.shape.map(Number);
    try {
      return call
        .run({ attrs: { ...call.attrs, ...change(call.attrs, call) } })
        .map((y) => fittedTo(shape, y));
    } catch {
      return undefined;
    }
  };

/** A pair of a window's attribute, or its four pads, with height and width exchanged. */
export const swapped = (name: string): Fault =>
  withAttrs((attrs) => {
    const [a = 0, b = 0, c, d] = intsOf(attrs, name);
    return { [name]: c === undefined || d === undefined ? [b, a] : [b, a, d, c] };
  });

/** Begins and ends of pads exchanged. */
export const padsTurned: Fault = withAttrs((attrs) => {
  const pads = intsOf(attrs, 'pads');
  return { pads: [...pads.slice(pads.length / 2), ...pads.slice(0, pads.length / 2)] };
});

/** The first output changed, element by element. */
export const output =
  (change: (value: number, at: number, y: Tensor, call: Call) => number): Fault =>
  (call) => {
    const [y, ...rest] = call.run();
    return y && [mapped(y, (v, at) => change(v, at, y, call)), ...rest];
  };

/** One input changed before it is read. */
export const input =
  (slot: number, change: (value: number, at: number, x: Tensor, call: Call) => number): Fault =>
  (call) => {
    const inputs = call.inputs.map((x, i) =>
      x && (slot < 0 || i === slot) ? mapped(x, (v, at) => change(v, at, x, call)) : x,
    );
    return call.run({ inputs });
  };

/** The remainder of an axis after whole blocks is not written; shorter axes are handled element by element. */
export const unwritten = (axis: number, block: number): Fault =>
  output((v, at, { shape }) => {
    const from = axis < 0 ? axis + shape.length : axis;
    const size = shape[from] ?? 1;
    return size > block && indexAlong(shape, from, at) >= size - (size % block) ? 0 : v;
  });

/** The same on planes of two axes treated as one. */
export const planeUnwritten = (block: number): Fault =>
  output((v, at, { shape }) => {
    const plane = (shape.at(-1) ?? 1) * (shape.length > 3 ? (shape.at(-2) ?? 1) : 1);
    return plane > block && at % plane >= plane - (plane % block) ? 0 : v;
  });

/** Position of a weight in the sum: all but its first axis, or the row of a matrix. */
export function termOf(call: Call, at: number, { shape }: Tensor): readonly [term: number, count: number] {
  if (call.node.op === 'matmul') return [indexAlong(shape, shape.length - 2, at), shape.at(-2) ?? 1];
  const count = shape.slice(1).reduce((product, dim) => product * dim, 1);
  return [at % count, count];
}

/** Terms of a sum of products that are left out. */
export const withoutTerms = (skips: (term: number, count: number) => boolean): Fault =>
  input(1, (v, at, w, call) => (skips(...termOf(call, at, w)) ? 0 : v));

/** Terms after the last whole block. */
export const termsUnread = (block: number): Fault =>
  withoutTerms((term, count) => count > block && term >= count - (count % block));

/** Reductions that leave out elements of an axis. */
export const withoutIndex = (skips: (index: number, size: number) => boolean, instead: number): Fault =>
  input(0, (v, at, { shape }, { attrs }) => {
    const axes = intsOf(attrs, 'axes').length ? intsOf(attrs, 'axes') : [Number(attrs.axis ?? -1)];
    const axis = ((axes[0] ?? 0) + shape.length) % shape.length;
    const size = shape[axis] ?? 1;
    return size > 1 && skips(indexAlong(shape, axis, at), size) ? instead : v;
  });

export const toHalf = (v: number): number => decodeFloat('f16', encodeFloat('f16', v));
export const toBrain = (v: number): number => decodeFloat('bf16', encodeFloat('bf16', v));
const word = new Int32Array(1);
const single = new Float32Array(word.buffer);

/** Ten bits of fraction, to nearest. */
export function toTensorFloat(v: number): number {
  single[0] = v;
  if (!Number.isFinite(v)) return v;
  word[0] = ((word[0] ?? 0) + 0x1000) & ~0x1fff;
  return single[0];
}

/** Products of two matrices, rounded at every step; others are correct. */
export const accumulated =
  (round: (v: number) => number): Fault =>
  (call) => {
    const [a, b] = call.inputs;
    if (!a || !b || a.shape.length !== 2 || b.shape.length !== 2 || a.dtype !== 'f32') return undefined;
    const [columns = 1, inner = 1] = call.node.op === 'matmul' ? [b.shape[1], b.shape[0]] : b.shape;
    const [left, right] = [dataOf(a, 'f32'), dataOf(b, 'f32')];
    const [stepK, stepJ] = call.node.op === 'matmul' ? [columns, 1] : [1, inner];
    const bias = call.inputs[2] && dataOf(call.inputs[2], 'f32');
    if (call.attrs.activation && call.attrs.activation !== 'none') return undefined;
    const [y] = call.run();
    return (
      y && [
        mapped(y, (_, at) => {
          const [i, j] = [Math.floor(at / columns), at % columns];
          let sum = 0;
          for (let k = 0; k < inner; k++)
            sum = round(sum + (left[i * inner + k] ?? 0) * (right[k * stepK + j * stepJ] ?? 0));
          return round(sum + (bias?.[j] ?? 0));
        }),
      ]
    );
  };

/** A function of one operand with a different formula, computed in float32. */
export const formula =
  (compute: (x: number, attrs: Attrs) => number): Fault =>
  (call) => {
    const [x] = call.inputs;
    const [y] = call.run();
    if (!x || !y) return undefined;
    const values = toNumbers(x);
    return [mapped(y, (_, at) => compute(Number(values[at]), call.attrs))];
  };

/** exp in float32: infinite from 89 on. */
export const exp32 = (x: number): number => Math.fround(Math.exp(x));
