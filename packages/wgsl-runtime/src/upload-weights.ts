import { checkWeightBytes } from './check-program.ts';
import { crc32 } from './crc32.ts';
import type { WgslManifest, WgslProgram } from './manifest.ts';

/** Takes bytes of the weight file in order. */
type Sink = (bytes: Uint8Array) => void;

/** Where the parts of the weight file lie in the weight buffer, in bytes. */
export interface WeightLayout {
  /** f32 and i32 words, at the start. */
  readonly wordBytes: number;
  /** The matrices: f16 as in the file, or expanded to f32. */
  readonly matrixOffset: number;
  readonly matrixBytes: number;
}

/** Matrices in the weight buffer: f16 as in the file where the device reads it, else f32. */
export type MatrixType = 'f16' | 'f32';

export function weightLayout({ weightBytes, halfBytes }: WgslManifest, matrices: MatrixType): WeightLayout {
  const wordBytes = weightBytes - halfBytes;
  return {
    wordBytes,
    matrixOffset: Math.ceil(wordBytes / 256) * 256,
    matrixBytes: halfBytes * (matrices === 'f16' ? 1 : 2),
  };
}

/** Writes the weight file into `buffer`, as it arrives. Rejects when it is not the program's. */
export async function uploadWeights(
  device: GPUDevice,
  { manifest, weights }: WgslProgram,
  { buffer, matrices }: { readonly buffer: GPUBuffer; readonly matrices: MatrixType },
): Promise<void> {
  const { wordBytes, matrixOffset } = weightLayout(manifest, matrices);
  const words = writer(device, buffer, 0);
  const halves = writer(device, buffer, matrixOffset);
  const second: Sink = matrices === 'f16' ? halves : (bytes) => halves(expandHalves(bytes));
  let seen = 0;
  let crc = 0;
  await eachChunk(weights, (bytes) => {
    const first = Math.max(0, Math.min(bytes.byteLength, wordBytes - seen));
    seen += bytes.byteLength;
    if (seen > manifest.weightBytes) checkWeightBytes(manifest, 'more');
    crc = crc32(bytes, crc);
    if (first) words(bytes.subarray(0, first));
    if (first < bytes.byteLength) second(bytes.subarray(first));
  });
  checkWeightBytes(manifest, seen);
  checkCrc(manifest, crc);
}

function checkCrc({ name, weightCrc32 = -1 }: WgslManifest, found: number): void {
  if (weightCrc32 < 0 || weightCrc32 === found) return;
  const [expected, other] = [weightCrc32, found].map((crc) => crc.toString(16).padStart(8, '0'));
  throw new Error(
    `${name}: the weights are damaged or another program's: expected CRC-32 ${expected}, found ${other}`,
  );
}

/** Passes the bytes on in multiples of 4: what is left over waits for the next chunk. The file has whole words. */
async function eachChunk(weights: WgslProgram['weights'], take: Sink): Promise<void> {
  if (typeof weights !== 'function') return take(weights);
  const reader = (await weights()).getReader();
  try {
    await readChunks(reader, take);
  } catch (error) {
    reader.cancel(error).catch(() => undefined); // the answer's own error is the one to tell
    throw error;
  }
}

async function readChunks(reader: ReadableStreamDefaultReader<Uint8Array>, take: Sink): Promise<void> {
  let rest = new Uint8Array(0);
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const bytes = new Uint8Array(rest.byteLength + next.value.byteLength);
    bytes.set(rest);
    bytes.set(next.value, rest.byteLength);
    const whole = bytes.byteLength - (bytes.byteLength % 4);
    take(bytes.subarray(0, whole));
    rest = bytes.slice(whole);
  }
  if (rest.byteLength) take(rest);
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
