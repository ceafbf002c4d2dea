import { elementBytes } from './check-program.ts';
import { kindOf } from './kind-of.ts';
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

/** Row-major data by name, or what computes it on the GPU. */
export type Inputs = Readonly<Record<string, IoData | GpuInput>>;

const arrays = { f32: Float32Array, i32: Int32Array, i8: Int8Array, u8: Uint8Array };

/** Throws an Error that says what is no input of the program, and which input it lacks or cannot take. */
export function checkInputs(expected: readonly IoTensor[], inputs: Inputs): void {
  if (typeof inputs !== 'object' || /Array|Map|^null$/.test(kindOf(inputs)))
    throw new Error(`expected an object with data by input name, found ${kindOf(inputs)}`);
  const names = expected.map(({ name }) => name);
  const unknown = Object.keys(inputs).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no input ${unknown}; expected ${names.join(', ')}`);
  for (const input of expected)
    checkInput(input, Object.hasOwn(inputs, input.name) ? inputs[input.name] : undefined);
}

function checkInput({ name, dtype, bytes, shape }: IoTensor, data: IoData | GpuInput | undefined): void {
  if (data === undefined || data === null) throw new Error(`input ${name} is missing`);
  if (isGpuInput(data)) return;
  const expected = arrays[dtype].name;
  if (kindOf(data) !== expected)
    throw new Error(
      `input ${name} expects ${expected.startsWith('I') ? 'an' : 'a'} ${expected}, found ${kindOf(data)}`,
    );
  if (data.byteLength !== bytes)
    throw new Error(
      `input ${name} expects ${bytes / elementBytes[dtype]} elements [${shape}], found ${data.length}`,
    );
}

export function isGpuInput(data: IoData | GpuInput): data is GpuInput {
  return 'encode' in Object(data);
}

/** The inputs as they are now. What the GPU computes stays: it is read when it runs. */
export function copyOf(inputs: Inputs): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, data]) => [name, isGpuInput(data) ? data : data.slice()]),
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
  let start = at;
  return Object.fromEntries(
    outputs.map(({ name, bytes, dtype }) => {
      const data = new arrays[dtype](mapped.slice(start, start + bytes)) as T;
      start += copyBytes(bytes);
      return [name, data];
    }),
  );
}
