/** Element types, named as in the text form. `bool` is stored one byte per element. */
export const dtypes = [
  'f16',
  'f32',
  'f64',
  'i8',
  'u8',
  'i16',
  'u16',
  'i32',
  'u32',
  'i64',
  'u64',
  'bool',
] as const;

export type DType = (typeof dtypes)[number];

/** Storage of a tensor's elements. f16 holds raw IEEE 754 binary16 bits in a Uint16Array. */
export type TensorData =
  | Uint16Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

const storage = {
  f16: Uint16Array,
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  bool: Uint8Array,
} as const;

export function isDType(text: string): text is DType {
  return Object.hasOwn(storage, text);
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'f16' || dtype === 'f32' || dtype === 'f64';
}

/** Bytes per element. */
export function byteSize(dtype: DType): number {
  return storage[dtype].BYTES_PER_ELEMENT;
}

/** Zero-filled storage for `length` elements. */
export function allocate(dtype: DType, length: number): TensorData {
  return new storage[dtype](length);
}

/** Reinterprets little-endian bytes as elements; copies, so that alignment never matters. */
export function fromBytes(dtype: DType, bytes: Uint8Array): TensorData {
  const copy = new Uint8Array(bytes);
  return new storage[dtype](copy.buffer, 0, Math.floor(copy.byteLength / byteSize(dtype)));
}

export function toBytes(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
