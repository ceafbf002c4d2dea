import { type TensorData, toBytes } from './dtype.ts';

/**
 * A function that copies element `from` of `source` to index `at` of `target`. Both must have the same
 * element type; throws TypeError if only one holds 64-bit integers.
 */
export function elementMover(target: TensorData, source: TensorData): (at: number, from: number) => void {
  if (isWide(target) && isWide(source))
    return (at, from) => {
      target[at] = source[from] ?? 0n;
    };
  if (!isWide(target) && !isWide(source))
    return (at, from) => {
      target[at] = source[from] ?? 0;
    };
  throw new TypeError('elements of 64-bit integers do not mix with others');
}

function isWide(data: TensorData): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/** The same for `length` consecutive elements. */
export function partMover(
  target: TensorData,
  source: TensorData,
  length: number,
): (at: number, from: number) => void {
  const size = source.BYTES_PER_ELEMENT;
  const [to, bytes] = [toBytes(target), toBytes(source)];
  return (at, from) => to.set(bytes.subarray(from * size, (from + length) * size), at * size);
}
