import type { TensorData } from './dtype.ts';

/** The data as 32-bit words, the last one padded with zeros. */
export function wordsOf({ buffer, byteOffset, byteLength }: TensorData): Uint32Array {
  if (byteOffset % 4 === 0 && byteLength % 4 === 0)
    return new Uint32Array(buffer, byteOffset, byteLength / 4);
  const words = new Uint32Array(Math.ceil(byteLength / 4));
  new Uint8Array(words.buffer).set(new Uint8Array(buffer, byteOffset, byteLength));
  return words;
}

/** FNV-1a over 32-bit words. */
export function hashWords(words: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ (words[i] ?? 0), 0x01000193);
  return hash >>> 0;
}

/** Whether two arrays of words are equal. */
export function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  if (a.buffer === b.buffer && a.byteOffset === b.byteOffset) return true;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether every element has the same bits. */
export function isUniform({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: step }: TensorData): boolean {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let i = step; i < bytes.length; i++) if (bytes[i] !== bytes[i - step]) return false;
  return true;
}
