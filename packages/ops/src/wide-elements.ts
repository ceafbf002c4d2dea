import { type Tensor, toNumbers } from '@ghostc/ir';

/**
 * The elements for exact comparison and arithmetic: numbers, or bigints for the 64-bit types, where a double would round.
 * JavaScript's operators work on both as long as they are not mixed.
 */
export function wideElements(tensor: Tensor): ArrayLike<number> | ArrayLike<bigint> {
  const { data } = tensor;
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? data : toNumbers(tensor);
}

export function isWide({ data }: Tensor): boolean {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}
