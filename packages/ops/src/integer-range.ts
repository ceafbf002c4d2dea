import type { DType } from '@ghostc/ir';

/** Lowest and highest value of an integer type; for 64 bits, the nearest doubles. */
export function integerRange(dtype: DType): readonly [number, number] {
  const bits = Number(dtype.slice(1));
  return dtype.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}
