import { encodeFloat, isCodedFloat, numElements, stridesOf, type Value } from '@ghostc/ir';
import { attrsOf, pad as definition, padElement } from '@ghostc/ops';
import { doubleText } from '../arithmetic.ts';
import { cType } from '../c-type.ts';
import type { Emit } from '../kernel.ts';
import { floatLiteral } from '../text/float-literal.ts';
import { affine, loop, nest } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

/** Constant padding fills y, then copies x into it; the other modes fold the index along each padded axis. */
export const pad: Emit = ({ node, pointer }) => {
  const { pads, value, mode } = attrsOf(definition, node);
  const type = cType(node.output.type.dtype);
  const geometry = {
    from: shapeOf(input(node, 0)),
    to: shapeOf(node.output),
    before: pads.slice(0, pads.length / 2),
  };
  return {
    fn: {
      hint: `pad_${mode}_${geometry.to.join('x')}`,
      params: [`const ${type} *x`, `${type} *y`],
      body:
        mode === 'constant'
          ? constantPad(geometry, padLiteral(input(node, 0), value))
          : foldedPad(geometry, mode),
    },
    args: [pointer(input(node, 0)), pointer(node.output)],
  };
};

interface PadGeometry {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly before: readonly number[];
}

/** The element that represents `value`: for a small float, its code. */
function padLiteral({ type }: Value, value: number): string {
  if (isCodedFloat(type.dtype)) return String(encodeFloat(type.dtype, value));
  const element = padElement(type, value);
  if (type.dtype === 'f32') return floatLiteral(value);
  return Number.isFinite(element) ? String(element) : doubleText(element);
}

function constantPad({ from, to, before }: PadGeometry, value: string): string[] {
  const strides = stridesOf(to);
  const offset = before.reduce((sum, count, axis) => sum + count * (strides[axis] ?? 0), 0);
  return [
    ...loop('i', numElements(to), [`y[i] = ${value};`]),
    ...nest(from, (index) => [
      `y[${affine(index, strides, offset)}] = x[${affine(index, stridesOf(from))}];`,
    ]),
  ];
}

function foldedPad({ from, to, before }: PadGeometry, mode: string): string[] {
  return nest(to, (index) => {
    const sources = index.map((name, axis) => {
      const [size, start] = [from[axis] ?? 1, before[axis] ?? 0];
      return start === 0 && to[axis] === size
        ? null
        : foldedIndex(name, { size, start, mode }, to[axis] ?? 1);
    });
    const at = index.map((name, axis) => (sources[axis] ? `s${axis}` : name));
    return [
      ...sources.flatMap((source, axis) => (source ? `const int s${axis} = ${source};` : [])),
      `y[${affine(index, stridesOf(to))}] = x[${affine(at, stridesOf(from))}];`,
    ];
  });
}

interface Folded {
  /** Elements of x along the axis, and how many are before them in y. */
  readonly size: number;
  readonly start: number;
  readonly mode: string;
}

/** Where element `i` of y is in x, as C; `count` is the size of y. */
function foldedIndex(i: string, { size, start, mode }: Folded, count: number): string {
  const moved = affine([i], [1], -start);
  if (mode === 'edge' || size === 1) return `${moved} < 0 ? 0 : ${moved} < ${size} ? ${moved} : ${size - 1}`;
  const modulo = (period: number): string =>
    `(${affine([i], [1], positiveRemainder(-start, period))}) % ${period}`;
  if (mode === 'wrap') return modulo(size);
  const last = size - 1;
  if (start <= last && count - start <= size + last)
    return `${moved} < 0 ? ${start} - ${i} : ${moved} < ${size} ? ${moved} : ${2 * last + start} - ${i}`;
  const folded = modulo(2 * last);
  return `${folded} < ${size} ? ${folded} : ${2 * last} - ${folded}`;
}

function positiveRemainder(a: number, b: number): number {
  return ((a % b) + b) % b;
}
