import type { DType, Node } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';

/**
 * What WebNN's conformance tests would allow for a model of this one op, in ulp; undefined if they do not
 * specify it.
 */
export function webnnUlp(node: Node): number | undefined {
  const { ulp } = lookup(node.op);
  return (typeof ulp === 'function' ? ulp(node) : ulp) ?? undefined;
}

/** Stored fraction bits and smallest exponent of the types that ulp are counted in. */
const formats: Partial<Readonly<Record<DType, { fraction: number; smallest: number }>>> = {
  f32: { fraction: 23, smallest: -126 },
  f16: { fraction: 10, smallest: -14 },
  bf16: { fraction: 7, smallest: -126 },
};

/**
 * How many numbers of the type lie between two; Infinity if one is not finite, NaN for types without a unit
 * here.
 */
export function ulpDistance(a: number, b: number, dtype: DType = 'f32'): number {
  if (Object.is(a, b) || a === b) return 0;
  const format = formats[dtype];
  if (!format) return Number.NaN;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY;
  return Math.abs(place(a, format) - place(b, format));
}

/** The index of a number among all of its type, 0 for zero: the bits of its magnitude, with its sign. */
function place(value: number, { fraction, smallest }: { fraction: number; smallest: number }): number {
  const size = Math.abs(value);
  const exponent = Math.max(smallest, Math.floor(Math.log2(size)));
  // log2 rounds up just below a power of two, which gives the same index from the other side
  return Math.sign(value) * ((exponent - smallest + size / 2 ** exponent) * 2 ** fraction);
}
