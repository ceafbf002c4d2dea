import type { Prelude } from '../../kernel.ts';

/**
 * The run-time half of packages/ops/src/quantized/requantize.ts in C99. Shifts of negative numbers to the right are
 * implementation-defined in C; every compiler shifts arithmetically, and the first definition insists on it.
 */
export const arithmeticShift: Prelude = {
  name: 'arithmetic-shift',
  lines: [
    '/* Right shifts of negative numbers must round down. */',
    'typedef char arithmetic_shift[(-1 >> 1) == -1 ? 1 : -1];',
  ],
};

export const limitPrelude: Prelude = {
  name: 'limit',
  lines: [
    'static inline int32_t limit(int32_t v, int32_t low, int32_t high)',
    '{',
    'return v < low ? low : v > high ? high : v;',
    '}',
  ],
};

export const saturatePrelude: Prelude = {
  name: 'saturate',
  lines: [
    'static inline int32_t saturate(int64_t v)',
    '{',
    'return v < INT32_MIN ? INT32_MIN : v > INT32_MAX ? INT32_MAX : (int32_t)v;',
    '}',
  ],
};

/** a * b / 2^31 and x / 2^e, rounded. */
export const highMulPrelude: Prelude = {
  name: 'high-mul',
  needs: [arithmeticShift],
  lines: [
    '/* a * b / 2^31, ties up; not both INT32_MIN. */',
    'static inline int32_t high_mul(int32_t a, int32_t b)',
    '{',
    'return (int32_t)(((int64_t)a * b + INT32_C(0x40000000)) >> 31);',
    '}',
  ],
};

export const dividePrelude: Prelude = {
  name: 'divide',
  needs: [arithmeticShift],
  lines: [
    '/* x / 2^e, ties away from zero; 0 <= e <= 31. */',
    'static inline int32_t divide_rounded(int32_t x, int e)',
    '{',
    'const int32_t mask = (int32_t)((UINT32_C(1) << e) - 1u);',
    'return (x >> e) + ((x & mask) > (mask >> 1) + (x < 0) ? 1 : 0);',
    '}',
  ],
};

/** x * multiplier / 2^(31 + right), double rounding. */
const scaleDouble: Prelude = {
  name: 'scale-double',
  needs: [highMulPrelude, dividePrelude],
  lines: [
    'static inline int32_t scale_double(int32_t x, int32_t multiplier, int right)',
    '{',
    'return divide_rounded(high_mul(x, multiplier), right);',
    '}',
  ],
};

const scaleDoubleLeft: Prelude = {
  name: 'scale-double-left',
  needs: [scaleDouble, saturatePrelude],
  lines: [
    '/* For shifts to the left too, which saturate. */',
    'static inline int32_t scale_double_left(int32_t x, int32_t multiplier, int shift)',
    '{',
    'if (shift <= 0) {',
    'return scale_double(x, multiplier, -shift);',
    '}',
    'return high_mul(saturate((int64_t)x * ((int64_t)1 << shift)), multiplier);',
    '}',
  ],
};

const scaleSingle: Prelude = {
  name: 'scale-single',
  needs: [arithmeticShift],
  lines: [
    '/* x * multiplier / 2^(31 + right), rounded once, ties up. */',
    'static inline int32_t scale_single(int32_t x, int32_t multiplier, int right)',
    '{',
    'return (int32_t)(((int64_t)x * multiplier + ((int64_t)1 << (30 + right))) >> (31 + right));',
    '}',
  ],
};

const scaleSingleLeft: Prelude = {
  name: 'scale-single-left',
  needs: [arithmeticShift, saturatePrelude],
  lines: [
    'static inline int32_t scale_single_left(int32_t x, int32_t multiplier, int shift)',
    '{',
    'return saturate(((int64_t)x * multiplier + ((int64_t)1 << (30 - shift))) >> (31 - shift));',
    '}',
  ],
};

export const scaleWidePrelude: Prelude = {
  name: 'scale-wide',
  needs: [arithmeticShift, saturatePrelude],
  lines: [
    '/* x * multiplier / 2^total, ties up, for a 15-bit multiplier and |x| < 2^47. */',
    'static inline int32_t scale_wide(int64_t x, int32_t multiplier, int total)',
    '{',
    'return saturate((x * multiplier + ((int64_t)1 << (total - 1))) >> total);',
    '}',
  ],
};

/** The function for a rounding, without or with shifts to the left; by the name it is called. */
export const scalePreludes = {
  double: { right: ['scale_double', scaleDouble], any: ['scale_double_left', scaleDoubleLeft] },
  single: { right: ['scale_single', scaleSingle], any: ['scale_single_left', scaleSingleLeft] },
} as const;
