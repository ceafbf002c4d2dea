import { allocate, type DType, type Tensor, type TensorData, toNumbers } from '@ghostc/ir';

/**
 * The elements for exact comparison and arithmetic: numbers, or bigints for the 64-bit types, which a double
 * would round. JavaScript's operators work on both as long as they are not mixed.
 */
export function wideElements(tensor: Tensor): ArrayLike<number> | ArrayLike<bigint> {
  const { data } = tensor;
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? data : toNumbers(tensor);
}

/** Whether elements are 64-bit integers, held as BigInt. */
export function isWide({ data }: Tensor): boolean {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/** Integers of 32 and 64 bits, whose sums and products wrap. */
export function isWhole(dtype: DType): boolean {
  return /^[iu](32|64)$/.test(dtype);
}

/** Whole numbers as elements of an integer type of 32 or 64 bits, modulo 2^bits. */
export function wrapped(dtype: DType, values: readonly bigint[]): TensorData {
  const data = allocate(dtype, values.length);
  const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  values.forEach((value, i) => {
    data[i] = wide ? value : Number(BigInt.asIntN(32, value));
  });
  return data;
}
