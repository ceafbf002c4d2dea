import type { Executable, Tensors } from '@ghostc/conformance';
import { CompileError, type DType, type Tensor, type TensorData } from '@ghostc/ir';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';

const ortTypes: Readonly<Record<DType, string>> = {
  f16: 'float16',
  f32: 'float32',
  f64: 'float64',
  i8: 'int8',
  u8: 'uint8',
  i16: 'int16',
  u16: 'uint16',
  i32: 'int32',
  u32: 'uint32',
  i64: 'int64',
  u64: 'uint64',
  bool: 'bool',
};

/** ONNX Runtime on a model, with its own optimisations off so that it computes what the model says. */
export async function ortSession(model: Uint8Array | string): Promise<Executable> {
  const ort = await import('onnxruntime-node');
  const options: InferenceSession.SessionOptions = {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  const session = await (typeof model === 'string'
    ? ort.InferenceSession.create(model, options)
    : ort.InferenceSession.create(model, options));
  return {
    run: async (inputs) => fromOrt(await session.run(toOrt(inputs, ort.Tensor))),
    dispose: () => session.release(),
  };
}

function toOrt(inputs: Tensors, TensorClass: typeof OrtTensor): Record<string, OrtTensor> {
  return Object.fromEntries(
    [...inputs].map(([name, { dtype, data, shape }]) => [
      name,
      new TensorClass(ortTypes[dtype] as 'float32', data as Float32Array, [...shape]),
    ]),
  );
}

function fromOrt(results: InferenceSession.OnnxValueMapType): Map<string, Tensor> {
  return new Map(
    Object.entries(results).map(([name, value]) => [name, fromOrtTensor(name, value as OrtTensor)]),
  );
}

function fromOrtTensor(name: string, { type, data, dims }: OrtTensor): Tensor {
  const dtype = (Object.keys(ortTypes) as DType[]).find((candidate) => ortTypes[candidate] === type);
  if (!dtype)
    throw new CompileError(
      'run/output',
      `output ${name} has the element type ${type}, which ghostc does not know`,
    );
  return { dtype, shape: [...dims], data: data as TensorData };
}
