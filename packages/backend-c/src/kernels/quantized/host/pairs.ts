import { hasAvx512 } from '../../../dispatch.ts';
import type { Prelude } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import { lanesPrelude } from './prelude.ts';

/** Output channels of a tile of pairs. */
export const PAIR_ROWS = 4;

/** Registers of a tile of pairs: two of inputs serve four channels, in eight registers of sums. */
export const PAIR_COLUMNS = 2;

export const pairSum = (row: number, column: number): string => `a${row}_${column}`;

interface Operands {
  readonly x: string;
  readonly w: string;
  readonly step: string;
  readonly depth: string;
  /** For pairs from `v_both`, `v_products`; default: `v_dot`, for those from `v_zip`. */
  readonly product?: string;
}

/**
 * Sums over `depth` pairs of channels: x [pair][pixel][2] of int16, `step` int16 from pair to pair, and w [pair][row], words of two
 * int16. Both pointers are moved on.
 */
export function pairProducts(
  { rows, columns }: { readonly rows: number; readonly columns: number },
  { x, w, step, depth, product = 'v_dot' }: Operands,
): string[] {
  const sums = range(rows).flatMap((row) =>
    range(columns).map((column) => `${pairSum(row, column)} = v_set(0)`),
  );
  return [
    `vsum ${sums.join(', ')};`,
    `for (int k = 0; k < ${depth}; k++) {`,
    ...range(columns).map(
      (column) => `const vpair x${column} = v_load(${x}${column ? ` + ${2 * column} * LANES8` : ''});`,
    ),
    ...range(rows).flatMap((row) => [
      `const vpair w${row} = v_words(${w}[${row}]);`,
      ...range(columns).map(
        (column) => `${pairSum(row, column)} = ${product}(${pairSum(row, column)}, x${column}, w${row});`,
      ),
    ]),
    `${x} += ${step};`,
    `${w} += ${rows};`,
    '}',
  ];
}

/** Weights of pairs of channels in words, [block of output channels][pair][output channel], from `at(row, channel)`. */
export function packPairs(
  { rows, steps }: { readonly rows: number; readonly steps: number },
  at: (row: number, channel: number) => number,
): Int32Array {
  const packed = new Int32Array(rows * steps);
  let to = 0;
  for (let first = 0; first < rows; first += PAIR_ROWS)
    for (let pair = 0; pair < steps; pair++)
      for (let row = first; row < Math.min(rows, first + PAIR_ROWS); row++)
        packed[to++] = (at(row, 2 * pair) & 0xffff) | (at(row, 2 * pair + 1) << 16);
  return packed;
}

/** Sums of pairs of int16, their loads and stores, and bytes of two rows in turn. */
export const pairsPrelude: Prelude = {
  name: 'int8-pairs',
  needs: [lanesPrelude],
  lines: [
    `#if ${hasAvx512}`,
    '#define v_plus(a, b) _mm512_add_epi16(a, b)',
    '#define v_minus(a, b) _mm512_sub_epi16(a, b)',
    '#elif defined(__AVX2__)',
    '#define v_plus(a, b) _mm256_add_epi16(a, b)',
    '#define v_minus(a, b) _mm256_sub_epi16(a, b)',
    '#elif defined(__SSE2__)',
    '#define v_plus(a, b) _mm_add_epi16(a, b)',
    '#define v_minus(a, b) _mm_sub_epi16(a, b)',
    '#elif defined(__wasm_simd128__)',
    '#define v_plus(a, b) wasm_i16x8_add(a, b)',
    '#define v_minus(a, b) wasm_i16x8_sub(a, b)',
    '#elif defined(__aarch64__) && defined(__ARM_NEON)',
    '#define v_plus(a, b) vaddq_s16(a, b)',
    '#define v_minus(a, b) vsubq_s16(a, b)',
    '#else',
    ...['plus', 'minus'].flatMap((name, i) => [
      `static inline vpair v_${name}(vpair a, vpair b)`,
      '{',
      'vpair out;',
      'for (int i = 0; i < 8; i++) {',
      `out.v[i] = (int16_t)(a.v[i] ${i ? '-' : '+'} b.v[i]);`,
      '}',
      'return out;',
      '}',
    ]),
    '#endif',
    'static inline void v_put(int16_t *p, vpair a)',
    '{',
    'memcpy(p, &a, sizeof a);',
    '}',
    'static inline void v_keep(int32_t *p, vsum a)',
    '{',
    'memcpy(p, &a, sizeof a);',
    '}',
    'static inline vsum v_sums(const int32_t *p)',
    '{',
    'vsum a;',
    'memcpy(&a, p, sizeof a);',
    'return a;',
    '}',
    '/* 16 bytes of each, in turn. */',
    'static inline void v_turn(int8_t *to, const int8_t *p, const int8_t *q)',
    '{',
    '#if defined(__SSE2__)',
    'const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);',
    'const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)q);',
    '_mm_storeu_si128((__m128i *)(void *)to, _mm_unpacklo_epi8(a, b));',
    '_mm_storeu_si128((__m128i *)(void *)(to + 16), _mm_unpackhi_epi8(a, b));',
    '#else',
    'for (int i = 0; i < 16; i++) {',
    'to[2 * i] = p[i];',
    'to[2 * i + 1] = q[i];',
    '}',
    '#endif',
    '}',
  ],
};
