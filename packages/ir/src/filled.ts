import type { TensorData } from './dtype.ts';
import type { Tensor } from './tensor.ts';

const filled = new WeakSet<TensorData>();

/** Marks a tensor whose elements are not in the file, which states only their number. Copies are not marked. */
export function markFilled(tensor: Tensor): Tensor {
  filled.add(tensor.data);
  return tensor;
}

/** Whether the tensor was marked by `markFilled`: all its elements are equal. */
export function isFilled({ data }: Tensor): boolean {
  return filled.has(data);
}
