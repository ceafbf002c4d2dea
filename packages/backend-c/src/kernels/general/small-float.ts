import type { DType } from '@ghostc/ir';
import type { Prelude } from '../../kernel.ts';
import { memoryFunctions } from '../../text/memory-functions.ts';

/** Bits of fraction, exponent bias, largest value, codes of infinity and NaN (-1: none), bits without sign, no negative zero. */
export const smallFloats: Partial<Readonly<Record<DType, string>>> = {
  bf16: '7, 127, 3.3895313892515355e38, 0x7f80, 0x7fc0, 15, 0',
  f8e4m3fn: '3, 7, 448.0, -1, 0x7f, 7, 0',
  f8e4m3fnuz: '3, 8, 240.0, -1, 0x80, 7, 1',
  f8e5m2: '2, 15, 57344.0, 0x7c, 0x7f, 7, 0',
  f8e5m2fnuz: '2, 16, 57344.0, -1, 0x80, 7, 1',
  f4e2m1: '1, 1, 6.0, -1, -1, 3, 0',
};

/** Codes of small floats to doubles and back, rounding to nearest even. */
const conversions: Prelude = {
  name: 'small_float',
  lines: [
    'typedef struct {',
    'int fraction;',
    'int bias;',
    'double max;',
    'int32_t inf;',
    'int32_t nan;',
    'int width;',
    'int fnuz;',
    '} small_float;',
    '',
    'static double ld_small(uint32_t code, const small_float *t)',
    '{',
    'const uint32_t m = code & ((1u << t->width) - 1u);',
    'const double s = (code >> t->width) != 0u ? -1.0 : 1.0;',
    'const uint32_t p = m >> t->fraction;',
    'const uint32_t r = m & ((1u << t->fraction) - 1u);',
    'if (t->fnuz ? code == (uint32_t)t->nan : t->inf < 0 && t->nan >= 0 && m == (uint32_t)t->nan) {',
    'return (double)NAN;',
    '}',
    'if (t->inf >= 0 && m >= (uint32_t)t->inf) {',
    'return m == (uint32_t)t->inf ? s * (double)INFINITY : (double)NAN;',
    '}',
    'if (p == 0u) {',
    'return s * ldexp((double)r, 1 - t->bias - t->fraction);',
    '}',
    'return s * ldexp((double)(r | (1u << t->fraction)), (int)p - t->bias - t->fraction);',
    '}',
    '',
    'static uint32_t st_small(double x, const small_float *t, int saturate)',
    '{',
    'const uint32_t s = signbit(x) ? 1u << t->width : 0u;',
    'double r = fabs(x);',
    'int k = 0;',
    'if (x != x) {',
    'return t->nan >= 0 ? (uint32_t)t->nan : s;',
    '}',
    'if (r <= 2.0 * t->max) {',
    '(void)frexp(r, &k);',
    'k = (k - 1 > 1 - t->bias ? k - 1 : 1 - t->bias) - t->fraction;',
    'r = ldexp(rint(ldexp(r, -k)), k);',
    '}',
    'if (r > t->max) {',
    'if (saturate || (t->inf < 0 && t->nan < 0)) {',
    'r = t->max;',
    '} else {',
    'return t->fnuz ? (uint32_t)t->nan : s | (uint32_t)(t->inf >= 0 ? t->inf : t->nan);',
    '}',
    '}',
    'if (r == 0.0) {',
    'return t->fnuz ? 0u : s;',
    '}',
    '(void)frexp(r, &k);',
    'k = k - 1 > 1 - t->bias ? k - 1 : 1 - t->bias;',
    'const uint32_t steps = (uint32_t)ldexp(r, t->fraction - k);',
    'const uint32_t high = (uint32_t)(k + t->bias - 1) << t->fraction;',
    'return s | (steps < (1u << t->fraction) ? steps : high + steps);',
    '}',
  ],
};

/** The same for float16, by the bits of float32 and float64. */
const halves: Prelude = {
  name: 'half_float',
  lines: [
    ...memoryFunctions,
    '',
    'static double ld_f16(uint32_t code)',
    '{',
    'const uint32_t m = code & 0x7fffu;',
    'const uint32_t b = (code & 0x8000u) << 16 | ((m << 13) + (m < 0x7c00u ? 0x38000000u : 0x70000000u));',
    'float f;',
    'if (m < 0x400u) {',
    'f = (float)m * 5.9604644775390625e-8f;',
    'return (double)((code & 0x8000u) != 0u ? -f : f);',
    '}',
    'memcpy(&f, &b, sizeof f);',
    'return (double)f;',
    '}',
    '',
    'static uint32_t st_f16(double x)',
    '{',
    'uint64_t m;',
    'memcpy(&m, &x, sizeof m);',
    'const uint32_t s = (uint32_t)(m >> 48) & 0x8000u;',
    'm &= 0x7fffffffffffffffull;',
    'if (m > 0x7ff0000000000000ull) {',
    'return 0x7e00u;',
    '}',
    'if (m >= 0x40effe0000000000ull) {',
    'return s | 0x7c00u;',
    '}',
    'if (m < 0x3f10000000000000ull) {',
    'return s | (uint32_t)rint(fabs(x) * 16777216.0);',
    '}',
    'm -= 0x3f00000000000000ull;',
    'return s | (uint32_t)((m + 0x1ffffffffffull + (m >> 42 & 1u)) >> 42);',
    '}',
  ],
};

export function smallFloatPrelude(dtype: DType): Prelude | undefined {
  if (dtype === 'f16') return halves;
  const fields = smallFloats[dtype];
  if (!fields) return undefined;
  return {
    name: `fmt_${dtype}`,
    lines: [`static const small_float fmt_${dtype} = { ${fields} };`],
    needs: [conversions],
  };
}
