/** Packed weights are read by words; the last one is filled up with zeros. */
export function packedWords(packed: Int8Array): Int32Array {
  const bytes = new Int8Array(Math.ceil(packed.length / 4) * 4);
  bytes.set(packed);
  return new Int32Array(bytes.buffer);
}
