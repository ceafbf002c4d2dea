const bits = new DataView(new ArrayBuffer(4));

/** The nearest bfloat16, ties away from 0. */
export function bf16Round(value: number): number {
  bits.setFloat32(0, value);
  bits.setUint32(0, (bits.getUint32(0) + 0x8000) & 0xffff0000);
  return bits.getFloat32(0);
}
