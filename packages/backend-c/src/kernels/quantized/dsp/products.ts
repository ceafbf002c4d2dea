import type { Prelude } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import { dspPrelude } from './prelude.ts';

/**
 * How many instructions the core issues at a time: one (Cortex-M4, M33), or two (M7), a load with a
 * multiplication.
 */
export type Issue = 'single' | 'dual';

const ROWS = 2;
const COLUMNS = 4;

/** Name of the sum of a row and a column. */
export const acc = (row: number, column: number): string => `a${row}_${column}`;

const sums = range(ROWS).flatMap((row) => range(COLUMNS).map((column) => acc(row, column)));

/** C that calls `add_products_N`: adds to the sums the products of two rows of weights from `wk` with `col` up to `end`. */
export function addProducts(unroll: number, end: string): string {
  return `add_products_${unroll}(wk, col, ${end}, ${sums.map((name) => `&${name}`).join(', ')});`;
}

/** `unroll` pairs of k to a turn. GCC would keep some sums in memory: they, weights, pixels and addresses are all 14 registers. */
export function productsPrelude(unroll: number, issue: Issue): Prelude {
  return {
    name: `products-${unroll}-${issue}`,
    needs: [dspPrelude],
    lines: [
      `INLINED void add_products_${unroll}(const int32_t *w, const int32_t *c, const int32_t *end, ${sums.map((name) => `int32_t *${name}`).join(', ')})`,
      '{',
      '#if ALL_REGISTERS',
      `int32_t ${sums.map((name) => `s${name} = *${name}`).join(', ')}, w0, w1, x0, x1;`,
      '__asm__ volatile(',
      ...['1:', ...turn[issue](unroll), 'bne 1b'].map((line) => `"${line}\\n\\t"`),
      `: ${sums.map((name) => `[${name}] "+r"(s${name})`).join(', ')},`,
      '[w] "+r"(w), [c] "+r"(c), [w0] "=&r"(w0), [w1] "=&r"(w1), [x0] "=&r"(x0), [x1] "=&r"(x1)',
      ': [end] "m"(end)',
      ': "cc", "memory");',
      ...sums.map((name) => `*${name} = s${name};`),
      '#else',
      'do {',
      ...range(unroll).flatMap((step) => [
        '{',
        `const int32_t w0 = even_bytes(w[${step}]), w1 = odd_bytes(w[${step}]);`,
        ...range(COLUMNS).map((column) => {
          const x = `c[${step * COLUMNS + column}]`;
          return range(ROWS)
            .map((row) => `*${acc(row, column)} = __smlad(w${row}, ${x}, *${acc(row, column)});`)
            .join(' ');
        }),
        '}',
      ]),
      `w += ${unroll};`,
      `c += ${unroll * COLUMNS};`,
      '} while (c != end);',
      '#endif',
      '}',
    ],
  };
}

function product(row: number, column: number): string {
  const sum = `%[${acc(row, column)}]`;
  return `smlad ${sum}, %[w${row}], %[x${column % 2}], ${sum}`;
}

const unpack = ['sxtb16 %[w1], %[w0], ror #8', 'sxtb16 %[w0], %[w0]'] as const;

/** A turn that ends with a comparison. */
const turn: { readonly [I in Issue]: (unroll: number) => string[] } = {
  single: (unroll) => [
    ...range(unroll).flatMap(() => [
      'ldr %[w0], [%[w]], #4',
      ...unpack,
      ...range(COLUMNS / 2).flatMap((half) => [
        'ldrd %[x0], %[x1], [%[c]], #8',
        ...[2 * half, 2 * half + 1].flatMap((column) => range(ROWS).map((row) => product(row, column))),
      ]),
    ]),
    'ldr %[x0], %[end]',
    'cmp %[c], %[x0]',
  ],
  // each load precedes the multiplication paired with it, and reads what is needed two cycles later
  dual: (unroll) => {
    const pixel = (i: number): string => `ldr %[x${i % 2}], [%[c], #${4 * i}]`;
    return [
      'ldr %[w0], [%[w]]',
      pixel(0),
      ...range(unroll).flatMap((step) => {
        const first = COLUMNS * step;
        const last = step === unroll - 1;
        return [
          unpack[0],
          pixel(first + 1),
          unpack[1],
          product(1, 0),
          product(0, 0),
          pixel(first + 2),
          product(0, 1),
          product(1, 1),
          pixel(first + 3),
          product(0, 2),
          product(1, 2),
          last ? 'ldr %[x0], %[end]' : pixel(first + 4),
          product(0, 3),
          last ? `adds %[c], %[c], #${16 * unroll}` : `ldr %[w0], [%[w], #${4 * step + 4}]`,
          product(1, 3),
        ];
      }),
      `adds %[w], %[w], #${4 * unroll}`,
      'cmp %[c], %[x0]',
    ];
  },
};
