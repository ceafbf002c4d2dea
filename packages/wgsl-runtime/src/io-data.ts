import { elementBytes } from './check-program.ts';
import { kindOf } from './kind-of.ts';
import { copyBytes } from './make-buffers.ts';
import type { IoTensor } from './manifest.ts';

/** Row-major data of an input or output: Float32Array for f32, Int32Array for i32, Int8Array for i8, and so on. */
export type IoData = Float32Array | Int32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** An input that the GPU computes: encodes what writes `target.bytes` bytes at `target.offset` of the arena. */
export interface GpuInput {
  encode(encoder: GPUCommandEncoder, target: GpuTarget): void;
}

export interface GpuTarget extends IoTensor {
  readonly device: GPUDevice;
  readonly arena: GPUBuffer;
}

/** An input that is computed here, for programs that do not run on a GPU. */
export interface PixelInput {
  values(target: IoTensor): IoData;
}

/** Row-major data by name, in memory or on the GPU, or what computes it. */
export type Inputs = Readonly<Record<string, IoData | GpuInput | PixelInput | GPUBuffer>>;

/** What the data of an input may be besides an array. */
type IsComputed = (data: Inputs[string], input: IoTensor) => boolean;

/** The class of each type. */
export const ioArrays = {
  f32: Float32Array,
  i32: Int32Array,
  i16: Int16Array,
  u16: Uint16Array,
  i8: Int8Array,
  u8: Uint8Array,
};

/** Throws an Error that names an unknown input, or one that is missing or invalid. */
export function checkInputs(expected: readonly IoTensor[], inputs: Inputs, isComputed: IsComputed): void {
  if (typeof inputs !== 'object' || /Array|Map|^null$/.test(kindOf(inputs)))
    throw new Error(`expected an object with data by input name, found ${kindOf(inputs)}`);
  const names = expected.map(({ name }) => name);
  const unknown = Object.keys(inputs).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no input ${unknown}; expected ${names.join(', ')}`);
  for (const input of expected) {
    const data = Object.hasOwn(inputs, input.name) ? inputs[input.name] : undefined;
    if (data === undefined || data === null) throw new Error(`input ${input.name} is missing`);
    if (!isComputed(data, input)) checkData(input, data as IoData);
  }
}

function checkData({ name, dtype, bytes, shape }: IoTensor, data: IoData): void {
  const expected = ioArrays[dtype].name;
  if (kindOf(data) !== expected)
    throw new Error(
      `input ${name} expects ${expected.startsWith('I') ? 'an' : 'a'} ${expected}, found ${kindOf(data)}`,
    );
  if (data.byteLength !== bytes)
    throw new Error(
      `input ${name} expects ${bytes / elementBytes[dtype]} elements [${shape}], found ${data.length}`,
    );
}

export function isGpuInput(data: Inputs[string]): data is GpuInput {
  return 'encode' in Object(data);
}

export function isPixelInput(data: Inputs[string]): data is PixelInput {
  return typeof (data as Partial<PixelInput>).values === 'function' && !ArrayBuffer.isView(data);
}

/** Copies of the inputs. GPU data is not copied: it is read when the program runs. */
export function copyOf(inputs: Inputs): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, data]) => [name, ArrayBuffer.isView(data) ? data.slice() : data]),
  );
}

/** Whole words for writeBuffer: an incomplete last word is padded. */
export function wordsOf(data: IoData): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  if (bytes.byteLength % 4 === 0) return bytes;
  const padded = new Uint8Array(copyBytes(bytes.byteLength));
  padded.set(bytes);
  return padded;
}

/** The outputs of one inference, copied out of memory, each starting at `place`. */
export function readOutputs<T extends IoData>(
  outputs: readonly IoTensor[],
  memory: ArrayBuffer,
  place: (output: IoTensor) => number,
): Record<string, T> {
  return Object.fromEntries(
    outputs.map((output) => {
      const start = place(output);
      const data = new ioArrays[output.dtype](memory.slice(start, start + output.bytes)) as IoData as T;
      return [output.name, data];
    }),
  );
}

/** Start offsets of outputs placed one after another from `at`, each in whole words. */
export function inTurn(at: number): (output: IoTensor) => number {
  let next = at;
  return ({ bytes }) => {
    next += copyBytes(bytes);
    return next - copyBytes(bytes);
  };
}
