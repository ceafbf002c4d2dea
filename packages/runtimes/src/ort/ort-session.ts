import { type Executable, runEach, type Tensors } from '@ghostc/conformance';
import {
  CompileError,
  type DType,
  type ErrorLocation,
  fromBytes,
  messageOf,
  type Tensor,
  type TensorData,
  toBytes,
} from '@ghostc/ir';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { loadPackage } from '../process/load-package.ts';

const ortTypes: Partial<Readonly<Record<DType, string>>> = {
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

export interface OrtOptions {
  /** ONNX Runtime's own graph optimisations. Default `disabled`: it computes the model node by node. */
  readonly optimizations?: 'disabled' | 'basic' | 'extended' | 'all';
  readonly threads?: number;
}

/** The package onnxruntime-node; onnxruntime-web has the same interface. */
export type Ort = typeof import('onnxruntime-node');

/** ONNX Runtime on a model's bytes, or on its path if external data is stored next to it. Throws `run/onnx`. */
export async function ortSession(
  model: Uint8Array | string,
  { optimizations = 'disabled', threads = 1 }: OrtOptions = {},
  runtime?: Ort,
): Promise<Executable> {
  const ort = runtime ?? (await loadOrt());
  const options: InferenceSession.SessionOptions = {
    graphOptimizationLevel: optimizations,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // what it logs as an error, it throws, too
    logSeverityLevel: 4,
    // on x86-64 without VNNI, products of u8 and i8 would saturate in pairs
    extra: { session: { x64quantprecision: '1' } },
  };
  const place = typeof model === 'string' ? { file: model } : {};
  const session = await explain(
    typeof model === 'string'
      ? ort.InferenceSession.create(model, options)
      : ort.InferenceSession.create(model, options),
    place,
  );
  return {
    run: (inputs) => explain(session.run(toOrt(inputs, ort.Tensor)).then(fromOrt), place),
    dispose: () => session.release(),
  };
}

/** Makes a session, runs every set of inputs, cleans up. */
export async function runOrt(
  model: Uint8Array | string,
  inputs: readonly Tensors[],
  options: OrtOptions = {},
): Promise<readonly Tensors[]> {
  return runEach(ortSession(model, options), inputs);
}

/** Throws `tool/missing`. */
export function loadOrt(): Promise<Ort> {
  return loadPackage('onnxruntime-node', 'onnx');
}

/** Whether ONNX Runtime is installed: a bundle may be installed without it. */
export async function hasOrt(): Promise<boolean> {
  return loadOrt().then(
    () => true,
    () => false,
  );
}

async function explain<T>(result: Promise<T>, place: ErrorLocation): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof CompileError) throw error.at(place);
    throw new CompileError('run/onnx', `ONNX Runtime: ${messageOf(error)}`, place);
  }
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
  return new Map(Object.entries(results).map(([name, value]) => [name, fromOrtTensor(name, value)]));
}

function fromOrtTensor(name: string, { type, data, dims }: OrtTensor): Tensor {
  const dtype = dtypeOf(name, type);
  return { dtype, shape: [...dims], data: fromBytes(dtype, toBytes(data as TensorData)) };
}

function dtypeOf(name: string, type: string): DType {
  const dtype = (Object.keys(ortTypes) as DType[]).find((candidate) => ortTypes[candidate] === type);
  if (dtype) return dtype;
  throw new CompileError(
    'run/output',
    `output ${name} has the element type ${type}, which ghostc does not know`,
  );
}

/** Whether tensors of the type can be handed to ONNX Runtime from JavaScript. */
export function passesBoundary(dtype: DType): boolean {
  return ortTypes[dtype] !== undefined;
}
