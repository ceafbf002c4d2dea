import { CompileError, type DType, type Tensor, tensor, toBytes } from '@ghostc/ir';

const names: Partial<Readonly<Record<DType, string>>> = {
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

const METADATA = '__metadata__';

/**
 * Writes tensors in the safetensors format, in the order of the map; the header is padded so that the data is aligned to 8.
 * Throws `safetensors/name` for a tensor called `__metadata__`, `tensor/size` for data that does not fit its shape.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = metadata ? [[METADATA, metadata]] : [];
  let at = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    if (name === METADATA)
      throw new CompileError('safetensors/name', `the format reserves the name ${METADATA}`);
    if (!names[dtype])
      throw new CompileError('safetensors/dtype', `${name} is ${dtype}, which is not written`);
    tensor(dtype, shape, data);
    entries.push([name, { dtype: names[dtype], shape, data_offsets: [at, at + data.byteLength] }]);
    at += data.byteLength;
  }
  return assemble(headerBytes(entries), [...tensors.values()], at);
}

function headerBytes(entries: readonly [string, unknown][]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
}

function assemble(json: Uint8Array, tensors: readonly Tensor[], dataBytes: number): Uint8Array {
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + dataBytes).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  let offset = 8 + length;
  for (const { data } of tensors) {
    bytes.set(toBytes(data), offset);
    offset += data.byteLength;
  }
  return bytes;
}
