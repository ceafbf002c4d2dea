import type { Prelude } from '../../../kernel.ts';
import { keepOrder } from '../extension-lines.ts';
import { inlinedPrelude } from '../inlined-prelude.ts';
import { arithmeticShift, limitPrelude } from '../scale-prelude.ts';

/**
 * Definitions for kernels on cores without vectors: C99, and some loops in assembly if GCC compiles for
 * Armv6-M.
 */
export const scalarPrelude: Prelude = {
  name: 'scalar',
  needs: [arithmeticShift, inlinedPrelude, limitPrelude],
  lines: [
    '/* Armv6-M multiplies 32 bits by 32 to 32, and C has 8 of its registers, with -Os no other. */',
    '#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)',
    '#define SHORT_PRODUCTS 1',
    '#else',
    '#define SHORT_PRODUCTS 0',
    '#endif',
    '#if SHORT_PRODUCTS && defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)',
    '#define THUMB_LOOPS 1',
    '#else',
    '#define THUMB_LOOPS 0',
    '#endif',
    ...keepOrder,
    '/* offset + ((a * b + half) >> 32) */',
    'INLINED int32_t high_word(int32_t a, int32_t b, uint32_t half, int32_t offset)',
    '{',
    '#if SHORT_PRODUCTS',
    '/* Halves in [-2^15, 2^15]: no product leaves int32, nor does the sum of those in the middle. */',
    'const int32_t a0 = (int16_t)a, b0 = (int16_t)b;',
    'const int32_t a1 = ((a >> 15) + 1) >> 1, b1 = ((b >> 15) + 1) >> 1;',
    'const int32_t middle = a1 * b0 + a0 * b1 + ((a0 * b0) >> 16) + (int32_t)(half >> 16);',
    'return a1 * b1 + (middle >> 16) + offset;',
    '#else',
    'return (int32_t)(((int64_t)a * b + half) >> 32) + offset;',
    '#endif',
    '}',
    '',
    '/* offset + ((a * b + 2^31) >> 32) */',
    'INLINED int32_t high_product_rounded(int32_t a, int32_t b, int32_t offset)',
    '{',
    'return high_word(a, b, UINT32_C(0x80000000), offset);',
    '}',
    '',
    '/* offset + ((a * b) >> 32) */',
    'INLINED int32_t high_product(int32_t a, int32_t b, int32_t offset)',
    '{',
    'return high_word(a, b, 0, offset);',
    '}',
    '',
    'INLINED int32_t saturate8(int32_t v)',
    '{',
    'return v < -128 ? -128 : v > 127 ? 127 : v;',
    '}',
    '',
    '/* Two pixels in a word: low + 2^16 high. */',
    'INLINED int32_t pair_of(int32_t low, int32_t high)',
    '{',
    'return (int32_t)((uint32_t)low + ((uint32_t)high << 16));',
    '}',
  ],
};
