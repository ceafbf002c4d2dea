import type { WgslManifest, WgslProgram } from './manifest.ts';
import { type DownloadOptions, receiveWeights } from './receive-weights.ts';

/** Takes bytes of the weight file in order. */
type Sink = (bytes: Uint8Array) => void;

/** Where the parts of the weight file are in the weight buffer, in bytes. */
export interface WeightLayout {
  /** f32 and i32 words, at the start. */
  readonly wordBytes: number;
  /** The matrices: f16 as in the file, or expanded to f32. */
  readonly matrixOffset: number;
  readonly matrixBytes: number;
}

/** Matrices in the weight buffer: f16 as in the file if the device supports it, otherwise f32. */
export type MatrixType = 'f16' | 'f32';

export function weightLayout({ weightBytes, halfBytes }: WgslManifest, matrices: MatrixType): WeightLayout {
  const wordBytes = weightBytes - halfBytes;
  return {
    wordBytes,
    matrixOffset: Math.ceil(wordBytes / 256) * 256,
    matrixBytes: halfBytes * (matrices === 'f16' ? 1 : 2),
  };
}

interface Upload extends DownloadOptions {
  readonly buffer: GPUBuffer;
  readonly matrices: MatrixType;
}

/** Writes the weight file into `buffer`, as it arrives. Rejects when it is not the program's. */
export async function uploadWeights(
  device: GPUDevice,
  program: WgslProgram,
  { buffer, matrices, ...options }: Upload,
): Promise<void> {
  const { wordBytes, matrixOffset } = weightLayout(program.manifest, matrices);
  const words = writer(device, buffer, 0);
  const halves = writer(device, buffer, matrixOffset);
  const second: Sink = matrices === 'f16' ? halves : (bytes) => halves(expandHalves(bytes));
  const take = (bytes: Uint8Array, at: number): void => {
    const first = Math.max(0, Math.min(bytes.byteLength, wordBytes - at));
    if (first) words(bytes.subarray(0, first));
    if (first < bytes.byteLength) second(bytes.subarray(first));
  };
  await receiveWeights(program, take, options);
}

function writer(device: GPUDevice, buffer: GPUBuffer, start: number): Sink {
  let at = start;
  return (bytes) => {
    device.queue.writeBuffer(buffer, at, bytes as Uint8Array<ArrayBuffer>);
    at += bytes.byteLength;
  };
}

/** IEEE 754 binary16, little-endian, to float32. */
function expandHalves(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const floats = Float32Array.from({ length: bytes.byteLength / 2 }, (_, i) =>
    halfToNumber(view.getUint16(i * 2, true)),
  );
  return new Uint8Array(floats.buffer);
}

function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}
