import type { DType } from '@ghostc/ir';

/** Lowest and highest value of an integer type; of 64 bits as near as a double comes. */
export function integerRange(dtype: DType): readonly [number, number] {
  const bits = Number(dtype.slice(1));
  return dtype.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}
