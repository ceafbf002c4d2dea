import { type Beyond, type DType, isFloat } from '@ghostc/ir';
import type { Prelude } from '../../kernel.ts';
import { smallFloatPrelude, smallFloats } from './small-float.ts';

/** The C type that elements of a type are computed in. */
export function computeType(dtype: DType): 'float' | 'double' | 'int64_t' | 'uint64_t' {
  if (dtype === 'f32') return 'float';
  if (isFloat(dtype)) return 'double';
  return dtype === 'u64' ? 'uint64_t' : 'int64_t';
}

/** The element as a value of its compute type. */
export function loaded(dtype: DType, element: string): string {
  if (dtype === 'f32' || dtype === 'f64') return element;
  if (dtype === 'f16') return `ld_f16(${element})`;
  if (dtype in smallFloats) return `ld_small(${element}, &fmt_${dtype})`;
  return `(${computeType(dtype)})${element}`;
}

/** Sign extension of the low bits. */
const lowBits: Partial<Readonly<Record<DType, (v: string) => string>>> = {
  i4: (v) => `(int8_t)((((${v}) & 15) ^ 8) - 8)`,
  u4: (v) => `(uint8_t)((${v}) & 15)`,
  i2: (v) => `(int8_t)((((${v}) & 3) ^ 2) - 2)`,
  u2: (v) => `(uint8_t)((${v}) & 3)`,
  bool: (v) => `(uint8_t)((${v}) != 0)`,
};

const storage: Partial<Readonly<Record<DType, string>>> = {
  i8: 'int8_t',
  u8: 'uint8_t',
  i16: 'int16_t',
  u16: 'uint16_t',
  i32: 'int32_t',
  u32: 'uint32_t',
  i64: 'int64_t',
  u64: 'uint64_t',
  f32: 'float',
  f64: 'double',
};

/** A computed value as an element; integers keep their low bits, `beyond` is what small floats make of too large ones. */
export function stored(dtype: DType, value: string, beyond: Beyond = 'overflow'): string {
  const small = lowBits[dtype];
  if (small) return small(value);
  if (dtype === 'f16') return `(uint16_t)st_f16((double)(${value}))`;
  if (dtype in smallFloats) {
    const type = dtype === 'bf16' ? 'uint16_t' : 'uint8_t';
    return `(${type})st_small((double)(${value}), &fmt_${dtype}, ${beyond === 'saturate' ? 1 : 0})`;
  }
  return `(${storage[dtype]})(${value})`;
}

/** The definitions that loads and stores of some types depend on. */
export function accessPreludes(...types: readonly DType[]): Prelude[] {
  return types.flatMap((dtype) => smallFloatPrelude(dtype) ?? []);
}
