import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { itemAt } from '@ghostc/ir';
import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

const SIGNATURE = 8;
const sizes = [0, 1, 2, 255, 65_535, 2 ** 24, 2 ** 31 - 1, 2 ** 32 - 1];

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** Changes the header, the data before compression, or the chunks of a PNG, whose checksums stay right. */
export function mutatePng(bytes: Uint8Array, random: Random): Uint8Array {
  const chunks = chunksOf(bytes);
  if (chunks.length === 0) return mutateBytes(bytes, random, bytes);
  const at = random.below(chunks.length);
  const { type, data } = itemAt(chunks, at);
  if (type === 'IHDR') chunks[at] = { type, data: changedHeader(data, random) };
  else if (type === 'IDAT') chunks[at] = { type, data: changedPixels(data, random) };
  else chunks.splice(random.below(chunks.length), random.below(2), { type, data });
  return joined(bytes.subarray(0, SIGNATURE), chunks);
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ type, data: bytes.slice(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

/** Width and height, or depth, colour type, filter and interlacing. */
function changedHeader(data: Uint8Array, random: Random): Uint8Array {
  const header = data.slice();
  const view = new DataView(header.buffer);
  if (header.length < 13) return header;
  if (random.below(2)) view.setUint32(4 * random.below(2), random.pick(sizes));
  else header[8 + random.below(5)] = random.pick([0, 1, 2, 3, 4, 6, 8, 16, 255]);
  return header;
}

function changedPixels(data: Uint8Array, random: Random): Uint8Array {
  try {
    return deflateSync(mutateBytes(inflateSync(data, { maxOutputLength: 2 ** 20 }), random, data));
  } catch {
    return data;
  }
}

function joined(signature: Uint8Array, chunks: readonly Chunk[]): Uint8Array {
  const parts = chunks.map(({ type, data }) => {
    const part = Buffer.alloc(12 + data.length);
    part.writeUInt32BE(data.length, 0);
    part.write(type, 4, 'latin1');
    part.set(data, 8);
    part.writeUInt32BE(crc32(part.subarray(4, 8 + data.length)), 8 + data.length);
    return part;
  });
  return Uint8Array.from(Buffer.concat([signature, ...parts]));
}
