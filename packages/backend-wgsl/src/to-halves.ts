import { CompileError, fromNumbers } from '@ghostc/ir';

/** Float32 bytes rounded to IEEE 754 binary16. Throws `wgsl/half` for a finite number that becomes infinite. */
export function toHalves(bytes: Uint8Array): Uint8Array {
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const large = floats.find((value) => Math.abs(value) >= 65520 && Number.isFinite(value));
  if (large !== undefined)
    throw new CompileError('wgsl/half', `a weight is ${large}; f16 ends at 65504: store the matrices as f32`);
  const { data } = fromNumbers('f16', [floats.length], floats);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
