import { encodeFloat, isCodedFloat, numElements, stridesOf, type Value } from '@ghostc/ir';
import { attrsOf, pad as definition, padElement } from '@ghostc/ops';
import { cType } from '../c-type.ts';
import type { Emit } from '../kernel.ts';
import { floatLiteral } from '../text/float-literal.ts';
import { affine, loop, nest } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

/** Constant padding fills y, then copies x into it; the other modes look the source index up in a table per padded axis. */
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

/** The element that stands for `value`: the code of a small float. */
function padLiteral({ type }: Value, value: number): string {
  if (isCodedFloat(type.dtype)) return String(encodeFloat(type.dtype, value));
  const element = padElement(type, value);
  return type.dtype === 'f32' || !Number.isFinite(element) ? floatLiteral(value) : String(element);
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
  const padded = [...to.keys()].filter((axis) => to[axis] !== from[axis]);
  const tables = padded.map((axis) => {
    const entries = Array.from({ length: to[axis] ?? 0 }, (_, i) =>
      foldIndex(i - (before[axis] ?? 0), from[axis] ?? 1, mode),
    );
    return `static const int32_t t${axis}[${entries.length}] = { ${entries.join(', ')} };`;
  });
  const source = (index: readonly string[]): string[] =>
    index.map((name, axis) => (padded.includes(axis) ? `t${axis}[${name}]` : name));
  return [
    ...tables,
    ...nest(to, (index) => [
      `y[${affine(index, stridesOf(to))}] = x[${affine(source(index), stridesOf(from))}];`,
    ]),
  ];
}

/** Index into [0, size) for a position outside it. */
function foldIndex(i: number, size: number, mode: string): number {
  if (mode === 'edge' || size === 1) return Math.min(Math.max(i, 0), size - 1);
  if (mode === 'wrap') return ((i % size) + size) % size;
  const period = 2 * (size - 1);
  const folded = ((i % period) + period) % period;
  return folded < size ? folded : period - folded;
}
