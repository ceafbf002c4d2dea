/**
 * Element types, named as in the text form. `bool` is stored one byte per element. The types from `bf16` on
 * are for casts and for quantisation at a model's boundary: `f8...` and `f4e2m1` are codes of small floats,
 * `i4` to `u2` integers of 4 and 2 bits; in memory each element uses a whole byte.
 */
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
  'bf16',
  'f8e4m3fn',
  'f8e4m3fnuz',
  'f8e5m2',
  'f8e5m2fnuz',
  'f8e8m0',
  'f4e2m1',
  'i4',
  'u4',
  'i2',
  'u2',
] as const;

/** Name of an element type, one of `dtypes`: `f32`, `i8`, `bool`, ... */
export type DType = (typeof dtypes)[number];

/** Storage of a tensor's elements. f16, bf16 and the small floats hold raw bits. */
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
  bf16: Uint16Array,
  f8e4m3fn: Uint8Array,
  f8e4m3fnuz: Uint8Array,
  f8e5m2: Uint8Array,
  f8e5m2fnuz: Uint8Array,
  f8e8m0: Uint8Array,
  f4e2m1: Uint8Array,
  i4: Int8Array,
  u4: Uint8Array,
  i2: Int8Array,
  u2: Uint8Array,
} as const;

/** Whether a text names an element type. */
export function isDType(text: string): text is DType {
  return Object.hasOwn(storage, text);
}

/** Whether elements are floating point, of any width. */
export function isFloat(dtype: DType): boolean {
  return dtype.startsWith('f') || dtype === 'bf16';
}

/** Bits of an element in files, densely packed; `bool` uses 8. */
export function bitWidth(dtype: DType): number {
  if (dtype === 'f4e2m1' || dtype === 'i4' || dtype === 'u4') return 4;
  return dtype === 'i2' || dtype === 'u2' ? 2 : 8 * byteSize(dtype);
}

/** Bytes per element. */
export function byteSize(dtype: DType): number {
  return storage[dtype].BYTES_PER_ELEMENT;
}

/** The array class that stores elements of a type. */
export type DataOf<D extends DType> = InstanceType<(typeof storage)[D]>;

/** Zero-filled storage for `length` elements. */
export function allocate<D extends DType>(dtype: D, length: number): DataOf<D> {
  return new storage[dtype](length) as DataOf<D>;
}

/** Reinterprets little-endian bytes as elements. Copies, so alignment does not matter. */
export function fromBytes(dtype: DType, bytes: Uint8Array): TensorData {
  const copy = new Uint8Array(bytes);
  return new storage[dtype](copy.buffer, 0, Math.floor(copy.byteLength / byteSize(dtype)));
}

/** The bytes of the data in memory order: a view, not a copy. */
export function toBytes(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
