import { crc32 } from './crc32.ts';
import { kindOf } from './kind-of.ts';
import type { ProgramManifest, Weights } from './manifest.ts';

/** Receives bytes of the weight file in order, with their offset in it. */
type Sink = (bytes: Uint8Array, at: number) => void;

/** Called as the weight file arrives. */
export type OnDownload = (bytes: number, total: number) => void;

/** What a caller may request for loading. */
export interface DownloadOptions {
  readonly onDownload?: OnDownload | undefined;
  /** Ends loading, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Passes the weight file on as it arrives, in whole words. Rejects when it is not the program's. */
export async function receiveWeights(
  { manifest, weights }: { readonly manifest: ProgramManifest; readonly weights: Weights },
  take: Sink,
  { onDownload, signal }: DownloadOptions = {},
): Promise<void> {
  let [seen, crc] = [0, 0];
  await eachChunk(weights, (bytes) => {
    signal?.throwIfAborted();
    const at = seen;
    seen += bytes.byteLength;
    if (seen > manifest.weightBytes) checkWeightBytes(manifest, 'more');
    crc = crc32(bytes, crc);
    take(bytes, at);
    onDownload?.(seen, manifest.weightBytes);
  });
  checkWeightBytes(manifest, seen);
  checkCrc(manifest, crc);
}

/** Throws unless the weights are a stream, or as many bytes as the program has. */
export function checkWeights(manifest: ProgramManifest, weights: Weights): void {
  if (typeof weights === 'function') return;
  if (kindOf(weights) !== 'Uint8Array')
    throw new Error(
      `${manifest.name}: expected weights as a Uint8Array or a function, found ${kindOf(weights)}`,
    );
  checkWeightBytes(manifest, weights.byteLength);
}

function checkWeightBytes({ name, weightBytes }: ProgramManifest, found: number | 'more'): void {
  if (found === weightBytes) return;
  throw new Error(`${name}: expected ${weightBytes} bytes of weights, found ${found}`);
}

function checkCrc({ name, weightCrc32 = -1 }: ProgramManifest, found: number): void {
  if (weightCrc32 < 0 || weightCrc32 === found) return;
  const [expected, other] = [weightCrc32, found].map((crc) => crc.toString(16).padStart(8, '0'));
  throw new Error(
    `${name}: the weights are damaged or another program's: expected CRC-32 ${expected}, found ${other}`,
  );
}

/** Passes the bytes on in multiples of 4: what is left over waits for the next chunk. The file has whole words. */
async function eachChunk(weights: Weights, take: (bytes: Uint8Array) => void): Promise<void> {
  if (typeof weights !== 'function') return take(weights);
  const reader = (await weights()).getReader();
  try {
    await readChunks(reader, take);
  } catch (error) {
    reader.cancel(error).catch(() => undefined); // the response's own error is the one to report
    throw error;
  }
}

async function readChunks(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  let rest = new Uint8Array(0);
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const bytes = joined(rest, next.value);
    const whole = bytes.byteLength - (bytes.byteLength % 4);
    take(bytes.subarray(0, whole));
    rest = bytes.slice(whole);
  }
  if (rest.byteLength) take(rest);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (!first.byteLength) return second;
  const both = new Uint8Array(first.byteLength + second.byteLength);
  both.set(first);
  both.set(second, first.byteLength);
  return both;
}
