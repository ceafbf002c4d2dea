/** The reflected polynomial of IEEE 802.3, as zlib has it. */
const polynomial = 0xedb88320;

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? polynomial : 0);
  return rest;
});

/** CRC-32 of bytes, or of what gave `before` and then these bytes. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let rest = ~before;
  for (const byte of bytes) rest = (table[(rest ^ byte) & 255] as number) ^ (rest >>> 8);
  return ~rest >>> 0;
}
