import type { Prelude } from '../kernel.ts';
import { range } from '../text/range.ts';

/** Pixels of a block. */
export const COLUMNS = 4;

/** Name of a block's function. */
export function vfpBlock(rows: number, steps: number): string {
  return `sums_${rows}x${COLUMNS}_by_${steps}`;
}

/** First register of the pixels, and of weights; the sums are before them. */
const PIXELS = 24;
const WEIGHTS = 28;

const list = (first: number, count: number): string =>
  count === 1 ? `{s${first}}` : `{s${first}-s${first + count - 1}}`;

/** Rows of which the weights are in registers together. */
function parts(rows: number): { readonly first: number; readonly count: number }[] {
  return range(Math.ceil(rows / 4)).map((part) => ({ first: 4 * part, count: Math.min(4, rows - 4 * part) }));
}

/**
 * sums[row][column] = b[row] + sum_k w[k][row] x[k][column] for up to 6 rows, `steps` of k a turn. Four pixels, and four
 * weights, are loaded by one instruction, which takes registers in a row: GCC finds it rarely.
 */
export function vfpBlockPrelude(rows: number, steps: number): Prelude {
  const products = ({ first, count }: { readonly first: number; readonly count: number }): string[] => [
    `vldmia %[w]!, ${list(WEIGHTS, count)}`,
    ...range(count).flatMap((row) =>
      range(COLUMNS).map(
        (column) => `vfma.f32 s${(first + row) * COLUMNS + column}, s${WEIGHTS + row}, s${PIXELS + column}`,
      ),
    ),
  ];
  const assembly = [
    ...parts(rows).flatMap(({ first, count }) => [
      `vldmia %[b]!, ${list(WEIGHTS, count)}`,
      ...range(count * COLUMNS).map(
        (i) => `vmov.f32 s${first * COLUMNS + i}, s${WEIGHTS + Math.floor(i / COLUMNS)}`,
      ),
    ]),
    '1:',
    ...range(steps).flatMap(() => [
      `vldmia %[x], ${list(PIXELS, COLUMNS)}`,
      'add %[x], %[x], %[step]',
      ...parts(rows).flatMap(products),
    ]),
    'subs %[turns], %[turns], #1',
    'bne 1b',
    `vstmia %[sums], ${list(0, rows * COLUMNS)}`,
  ];
  const sum = (row: number, column: number): string => `sums[${row * COLUMNS + column}]`;
  return {
    name: `vfp-${rows}-${steps}`,
    lines: [
      `/* Products of ${steps} k a turn; rows of x are "step" bytes apart. */`,
      `static void ${vfpBlock(rows, steps)}(const float *w, const float *x, int step, int turns, const float *b, float *sums)`,
      '{',
      '#if defined(__GNUC__) && defined(__ARM_FP) && (__ARM_FP & 4) && defined(__ARM_FEATURE_FMA)',
      '__asm__ volatile(',
      ...assembly.map((line) => `"${line}\\n\\t"`),
      // without &, GCC gives an input that is the same number as one of them its register
      ': [w] "+&r"(w), [x] "+&r"(x), [turns] "+&r"(turns), [b] "+&r"(b)',
      ': [step] "r"(step), [sums] "r"(sums)',
      `: ${range(32)
        .map((i) => `"s${i}"`)
        .join(', ')}, "cc", "memory");`,
      '#else',
      ...range(rows).map((row) =>
        range(COLUMNS)
          .map((column) => `${sum(row, column)} = b[${row}];`)
          .join(' '),
      ),
      `for (int k = 0; k < turns * ${steps}; k++) {`,
      ...range(rows).map((row) =>
        range(COLUMNS)
          .map((column) => `${sum(row, column)} += w[${row}] * x[${column}];`)
          .join(' '),
      ),
      `w += ${rows};`,
      'x += step / 4;',
      '}',
      '#endif',
      '}',
    ],
  };
}
