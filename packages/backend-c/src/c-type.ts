import { CompileError, type DType } from '@ghostc/ir';

const types = {
  f32: 'float',
  i8: 'int8_t',
  u8: 'uint8_t',
  i16: 'int16_t',
  i32: 'int32_t',
  i64: 'int64_t',
  f64: 'double',
  f16: 'uint16_t',
  bf16: 'uint16_t',
  f8e4m3fn: 'uint8_t',
  f8e4m3fnuz: 'uint8_t',
  f8e5m2: 'uint8_t',
  f8e5m2fnuz: 'uint8_t',
  f4e2m1: 'uint8_t',
  u16: 'uint16_t',
  u32: 'uint32_t',
  u64: 'uint64_t',
  bool: 'uint8_t',
  i4: 'int8_t',
  u4: 'uint8_t',
  i2: 'int8_t',
  u2: 'uint8_t',
} as const;

/** Element types that C code handles. Small floats are their codes, integers of less than a byte take a whole one. */
export type CElement = keyof typeof types;

export function isCElement(dtype: DType): dtype is CElement {
  return Object.hasOwn(types, dtype);
}

/** The C type of an element. Throws `backend-c/dtype`. */
export function cType(dtype: DType): string {
  if (isCElement(dtype)) return types[dtype];
  throw new CompileError('backend-c/dtype', `there is no C code for elements of ${dtype}`);
}
