import type { DType, Tensor } from '@ghostc/ir';
import { toBytes } from '@ghostc/ir';

const names: Readonly<Record<DType, string>> = {
  f16: 'F16',
  f32: 'F32',
  f64: 'F64',
  i8: 'I8',
  u8: 'U8',
  i16: 'I16',
  u16: 'U16',
  i32: 'I32',
  u32: 'U32',
  i64: 'I64',
  u64: 'U64',
  bool: 'BOOL',
};

/** Writes tensors in the safetensors format, in the order of the map; the header is padded so that the data is aligned to 8. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = metadata ? [['__metadata__', metadata]] : [];
  let at = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    entries.push([name, { dtype: names[dtype], shape, data_offsets: [at, at + data.byteLength] }]);
    at += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + at).fill(0x20, 8, 8 + headerBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, 8);
  let offset = 8 + headerBytes;
  for (const { data } of tensors.values()) {
    bytes.set(toBytes(data), offset);
    offset += data.byteLength;
  }
  return bytes;
}
