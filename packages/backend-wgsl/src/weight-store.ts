/** Collects weights and tables into one blob of 32-bit words; equal data is stored once. Offsets are multiples of 16 bytes. */
export class WeightStore {
  readonly #parts: Uint32Array[] = [];
  readonly #known = new Map<number, { readonly words: Uint32Array; readonly offset: number }[]>();
  #length = 0;

  /** Offset of `data` in words. */
  add(data: Float32Array | Int32Array): number {
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const hash = hashWords(words);
    const sameHash = this.#known.get(hash) ?? [];
    const twin = sameHash.find((entry) => sameWords(entry.words, words));
    if (twin) return twin.offset;
    const offset = this.#length;
    this.#known.set(hash, [...sameHash, { words, offset }]);
    this.#parts.push(words);
    this.#length += Math.ceil(words.length / 4) * 4;
    return offset;
  }

  get byteLength(): number {
    return this.#length * 4;
  }

  /** The blob; gaps are zero. */
  bytes(): Uint8Array {
    const blob = new Uint32Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      blob.set(part, offset);
      offset += Math.ceil(part.length / 4) * 4;
    }
    return new Uint8Array(blob.buffer);
  }
}

/** FNV-1a over 32-bit words. */
function hashWords(words: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ (words[i] as number), 0x01000193);
  return hash >>> 0;
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
