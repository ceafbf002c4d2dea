import { elementBytes } from './check-program.ts';
import { copyBytes } from './make-buffers.ts';
import type { IoTensor } from './manifest.ts';

/** Row-major data of an input or output: Float32Array for f32, Int32Array for i32, Int8Array for i8, Uint8Array for u8. */
export type IoData = Float32Array | Int32Array | Int8Array | Uint8Array;

/** An input that the GPU computes: encodes what writes `target.bytes` bytes at `target.offset` of the arena. */
export interface GpuInput {
  encode(encoder: GPUCommandEncoder, target: GpuTarget): void;
}

export interface GpuTarget extends IoTensor {
  readonly device: GPUDevice;
  readonly arena: GPUBuffer;
}

const arrays = { f32: Float32Array, i32: Int32Array, i8: Int8Array, u8: Uint8Array };

/** Throws an Error that names the input, what it expects and what it found. */
export function checkInput(
  { name, dtype, bytes, shape }: IoTensor,
  data: IoData | GpuInput | undefined,
): asserts data is IoData | GpuInput {
  if (!data) throw new Error(`input ${name} is missing`);
  if ('encode' in data) return;
  if (!(data instanceof arrays[dtype])) throw new Error(`input ${name} expects a ${arrays[dtype].name}`);
  if (data.byteLength !== bytes)
    throw new Error(
      `input ${name} expects ${bytes / elementBytes[dtype]} elements [${shape}], found ${data.length}`,
    );
}

/** Whole words for writeBuffer: a last one that is not full goes padded. */
export function wordsOf(data: IoData): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  if (bytes.byteLength % 4 === 0) return bytes;
  const padded = new Uint8Array(copyBytes(bytes.byteLength));
  padded.set(bytes);
  return padded;
}

/** The outputs of one inference, copied out of a mapped range that starts at `at`. */
export function readOutputs<T extends IoData>(
  outputs: readonly IoTensor[],
  mapped: ArrayBuffer,
  at = 0,
): Record<string, T> {
  const results: Record<string, T> = {};
  let start = at;
  for (const { name, bytes, dtype } of outputs) {
    results[name] = new arrays[dtype](mapped.slice(start, start + bytes)) as IoData as T;
    start += copyBytes(bytes);
  }
  return results;
}
