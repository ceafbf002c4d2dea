import type { Tensors } from '@ghostc/conformance';
import { CompileError, type DType, f32, fromNumbers, type Graph, type Tensor, toNumbers } from '@ghostc/ir';
import type { IoTensor } from '@ghostc/wgsl-runtime';

/** The inputs in the types that a program states. Throws `run/input` for a value that such a type cannot hold. */
export function carriedInputs(expected: readonly IoTensor[], inputs: Tensors): Tensors {
  const types = new Map(expected.map(({ name, dtype }) => [name, dtype]));
  return new Map(
    [...inputs].map(([name, tensor]) => [
      name,
      types.get(name) === tensor.dtype ? tensor : inFloats(name, tensor),
    ]),
  );
}

/** Other types are passed as float32; values that this would round cannot be passed. */
function inFloats(name: string, tensor: Tensor): Tensor {
  if (tensor.dtype === 'f32') return tensor;
  const values = toNumbers(tensor);
  const floats = Float32Array.from(values, Number);
  const lost = floats.findIndex((v, i) => v !== Number(values[i]) && !Number.isNaN(v));
  if (lost < 0) return f32(tensor.shape, floats);
  throw new CompileError('run/input', `input ${name} holds ${values[lost]}, which float32 cannot hold`);
}

/** The outputs of a model's own types, from float32. */
export function typedOutputs(model: Graph, outputs: Tensors): Tensors {
  const types = new Map(model.outputs.map(({ name, value }) => [name, value.type.dtype]));
  return new Map(
    [...outputs].map(([name, tensor]) => {
      const dtype = types.get(name) ?? 'f32';
      return [name, dtype === tensor.dtype ? tensor : inType(name, dtype, tensor)];
    }),
  );
}

/** NaN is not an integer: it marks one that float32 cannot represent. */
function inType(name: string, dtype: DType, tensor: Tensor): Tensor {
  const numbers = toNumbers(tensor);
  if (integers.has(dtype) && numbers.some(Number.isNaN))
    throw new CompileError(
      'run/output',
      `output ${name} is ${dtype} and has a value beyond 2^24, which float32 cannot hold`,
    );
  return fromNumbers(dtype, tensor.shape, numbers);
}

const integers: ReadonlySet<DType> = new Set(['i32', 'i64', 'u32', 'u64']);
