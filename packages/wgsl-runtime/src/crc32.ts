/** The reflected polynomial of IEEE 802.3, as zlib has it. */
const polynomial = 0xedb88320;

/** What a byte leaves after 0, 1, 2 and 3 further bytes, 256 entries each. */
const table = new Int32Array(1024);
for (let i = 0; i < 1024; i++) {
  let rest = i < 256 ? i : (table[i - 256] as number);
  for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? polynomial : 0);
  table[i] = rest;
}

const entry = (part: number, byte: number): number => table[part * 256 + (byte & 255)] as number;

/** CRC-32 of bytes, or of what gave `before` and then these bytes; by words, for it is on the way to the first answer. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = new DataView(buffer, byteOffset, byteLength);
  const words = byteLength & ~3;
  let rest = ~before;
  for (let i = 0; i < words; i += 4) {
    const word = rest ^ view.getInt32(i, true);
    rest = entry(3, word) ^ entry(2, word >>> 8) ^ entry(1, word >>> 16) ^ entry(0, word >>> 24);
  }
  for (const byte of bytes.subarray(words)) rest = entry(0, rest ^ byte) ^ (rest >>> 8);
  return ~rest >>> 0;
}
