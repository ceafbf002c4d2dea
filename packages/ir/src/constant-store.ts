import type { TensorData } from './dtype.ts';

/** Alignment of every constant in bytes. */
const ALIGN = 16;

/** Collects constants of any element type into one blob; the same bytes are stored once. Offsets are multiples of 16 bytes. */
export class ConstantStore {
  readonly #parts: Uint32Array[] = [];
  readonly #known = new Map<number, { readonly words: Uint32Array; readonly offset: number }[]>();
  #length = 0;

  /** Bytes so far. */
  get byteLength(): number {
    return this.#length;
  }

  /** Offset of `data` in bytes. */
  add(data: TensorData): number {
    const words = wordsOf(data);
    const hash = hashWords(words);
    const same = this.#known.get(hash) ?? [];
    const known = same.find((entry) => sameWords(entry.words, words));
    if (known) return known.offset;
    const offset = this.#length;
    this.#known.set(hash, [...same, { words, offset }]);
    this.#parts.push(words);
    this.#length += paddedBytes(words);
    return offset;
  }

  /** All words, little-endian in memory as on every machine this runs on; padding is zero. */
  words(): Uint32Array {
    const blob = new Uint32Array(this.#length / 4);
    let offset = 0;
    for (const part of this.#parts) {
      blob.set(part, offset / 4);
      offset += paddedBytes(part);
    }
    return blob;
  }
}

const paddedBytes = ({ byteLength }: Uint32Array): number => Math.ceil(byteLength / ALIGN) * ALIGN;

/** The data as 32-bit words, the last one filled up with zeros. */
function wordsOf({ buffer, byteOffset, byteLength }: TensorData): Uint32Array {
  if (byteOffset % 4 === 0 && byteLength % 4 === 0)
    return new Uint32Array(buffer, byteOffset, byteLength / 4);
  const words = new Uint32Array(Math.ceil(byteLength / 4));
  new Uint8Array(words.buffer).set(new Uint8Array(buffer, byteOffset, byteLength));
  return words;
}

/** FNV-1a over 32-bit words. */
export function hashWords(words: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ (words[i] as number), 0x01000193);
  return hash >>> 0;
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}
