import type { TensorData } from './dtype.ts';
import { hashWords, sameWords, wordsOf } from './words.ts';

/** Alignment of every constant in bytes. */
const ALIGN = 16;

/**
 * Collects constants of any element type into one blob; equal bytes are stored once. Offsets are multiples of
 * 16 bytes.
 */
export class ConstantStore {
  readonly #parts: Uint32Array[] = [];
  readonly #known = new Map<number, { readonly words: Uint32Array; readonly offset: number }[]>();
  readonly #offsets = new WeakMap<TensorData, number>();
  #length = 0;

  /** Bytes so far. */
  get byteLength(): number {
    return this.#length;
  }

  /** Offset of `data` in bytes. */
  add(data: TensorData): number {
    const offset = this.#offsets.get(data) ?? this.#add(data);
    this.#offsets.set(data, offset);
    return offset;
  }

  #add(data: TensorData): number {
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

  /** All words. Memory is little-endian on every supported machine; padding is zero. */
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
