/** The reflected polynomial of IEEE 802.3, as in zlib. */
const polynomial = 0xedb88320;

/** Bytes processed per step. */
const STEP = 8;

/** Row k: the effect of a byte followed by k zero bytes ("slicing by 8", Kounavis and Berry 2005). */
const rows = Array.from({ length: STEP }, () => new Int32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? polynomial : 0);
  for (const row of rows) {
    row[byte] = rest;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? polynomial : 0);
  }
}
const [row0, row1, row2, row3, row4, row5, row6, row7] = rows as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

/** CRC-32 of bytes, or of the bytes whose CRC is `before` followed by these. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const at = (table: Int32Array, index: number): number => table[index & 255] ?? 0;
  const end = bytes.length - (bytes.length % STEP);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let rest = ~before;
  for (let i = 0; i < end; i += STEP) {
    const low = rest ^ words.getInt32(i, true);
    const high = words.getInt32(i + 4, true);
    rest =
      at(row7, low) ^
      at(row6, low >>> 8) ^
      at(row5, low >>> 16) ^
      at(row4, low >>> 24) ^
      at(row3, high) ^
      at(row2, high >>> 8) ^
      at(row1, high >>> 16) ^
      at(row0, high >>> 24);
  }
  for (let i = end; i < bytes.length; i++) rest = at(row0, rest ^ (bytes[i] ?? 0)) ^ (rest >>> 8);
  return ~rest >>> 0;
}
