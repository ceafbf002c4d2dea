/** Collects constants into one float32 blob; the same data is stored once. Offsets are multiples of 4 floats (16 bytes). */
export class WeightStore {
  readonly #parts: Float32Array[] = [];
  readonly #known = new Map<number, { readonly data: Uint32Array; readonly offset: number }[]>();
  /** Floats so far. */
  length = 0;

  /** Offset of `data` in floats. */
  add(data: Float32Array): number {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const hash = hashWords(bits);
    const same = this.#known.get(hash) ?? [];
    const known = same.find((entry) => sameWords(entry.data, bits));
    if (known) return known.offset;
    const offset = this.length;
    this.#known.set(hash, [...same, { data: bits, offset }]);
    this.#parts.push(data);
    this.length += Math.ceil(data.length / 4) * 4;
    return offset;
  }

  /** All words, little-endian in memory as on every machine this runs on; padding is zero. */
  words(): Uint32Array {
    const blob = new Float32Array(this.length);
    let offset = 0;
    for (const part of this.#parts) {
      blob.set(part, offset);
      offset += Math.ceil(part.length / 4) * 4;
    }
    return new Uint32Array(blob.buffer);
  }
}

/** FNV-1a over 32-bit words. */
export function hashWords(words: Uint32Array, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ (words[i] as number), 0x01000193);
  return hash >>> 0;
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}
