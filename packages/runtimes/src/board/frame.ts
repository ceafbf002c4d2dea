import { crc32 } from '@ghostc/ir';

/** Bytes after which what has no end is no frame. */
const MOST = 4096;

/** A body with its CRC-32 in COBS, between zeros: see `protocol` of the C backend. */
export function encodeFrame(body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(body.length + 4);
  bytes.set(body);
  bytes.writeUInt32LE(crc32(body), body.length);
  const out = [0, 0];
  let head = 1;
  for (const byte of bytes) {
    if (byte !== 0) out.push(byte);
    if (byte !== 0 && out.length - head < 255) continue;
    out[head] = out.length - head;
    head = out.push(0) - 1;
  }
  out[head] = out.length - head;
  return Uint8Array.from([...out, 0]);
}

/** Splits bytes from a port into bodies; null marks a damaged one. */
export class FrameReader {
  #pending: number[] = [];

  push(bytes: Uint8Array): (Uint8Array | null)[] {
    const bodies: (Uint8Array | null)[] = [];
    for (const byte of bytes) {
      if (byte !== 0) this.#pending.push(byte);
      if (byte !== 0 && this.#pending.length < MOST) continue;
      if (this.#pending.length) bodies.push(decodeFrame(this.#pending));
      this.#pending = [];
    }
    return bodies;
  }
}

function decodeFrame(frame: readonly number[]): Uint8Array | null {
  const bytes: number[] = [];
  for (let at = 0; at < frame.length; ) {
    const code = frame[at] ?? 0;
    if (at + code > frame.length) return null;
    bytes.push(...frame.slice(at + 1, at + code));
    at += code;
    if (code < 255 && at < frame.length) bytes.push(0);
  }
  if (bytes.length < 5) return null;
  const all = Buffer.from(bytes);
  const body = all.subarray(0, -4);
  return all.readUInt32LE(body.length) === crc32(body) ? body : null;
}
