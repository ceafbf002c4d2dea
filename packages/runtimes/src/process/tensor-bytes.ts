import type { Tensors } from '@ghostc/conformance';
import { byteSize, CompileError, type DType, fromBytes, numElements, type Tensor, toBytes } from '@ghostc/ir';

export interface TensorSlot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The tensors of some slots as one block of bytes, in order. Throws `run/input` when one is missing or does not fit. */
export function packTensors(slots: readonly TensorSlot[], tensors: Tensors): Uint8Array {
  return Buffer.concat(slots.map((slot) => toBytes(fitting(slot, tensors.get(slot.name)).data)));
}

/** The inverse of `packTensors`. */
export function unpackTensors(slots: readonly TensorSlot[], bytes: Uint8Array): Map<string, Tensor> {
  let at = 0;
  return new Map(
    slots.map(({ name, shape, dtype }) => {
      const size = slotBytes({ name, shape, dtype });
      at += size;
      return [name, { dtype, shape, data: fromBytes(dtype, bytes.subarray(at - size, at)) }];
    }),
  );
}

export function slotBytes({ shape, dtype }: TensorSlot): number {
  return numElements(shape) * byteSize(dtype);
}

function fitting({ name, shape, dtype }: TensorSlot, tensor: Tensor | undefined): Tensor {
  if (!tensor) throw new CompileError('run/input', `input ${name} is missing`);
  if (tensor.dtype === dtype && tensor.data.length === numElements(shape)) return tensor;
  throw new CompileError(
    'run/input',
    `input ${name} expects ${dtype}[${shape.join(',')}], found ${tensor.dtype}[${tensor.shape.join(',')}]`,
  );
}
