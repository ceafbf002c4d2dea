import { CompileError, type DType } from '@ghostc/ir';

const types = {
  f32: 'float',
  i8: 'int8_t',
  u8: 'uint8_t',
  i16: 'int16_t',
  i32: 'int32_t',
  i64: 'int64_t',
} as const;

/** Element types that C code handles. */
export type CElement = keyof typeof types;

export function isCElement(dtype: DType): dtype is CElement {
  return Object.hasOwn(types, dtype);
}

/** The C type of an element. Throws `backend-c/dtype`. */
export function cType(dtype: DType): string {
  if (isCElement(dtype)) return types[dtype];
  throw new CompileError('backend-c/dtype', `there is no C code for elements of ${dtype}`);
}
