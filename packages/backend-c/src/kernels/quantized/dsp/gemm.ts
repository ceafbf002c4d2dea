import type { Prelude } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import type { RequantPlan } from '../requant-plan.ts';
import { requantStores } from '../requant-stores.ts';
import { acc, addProducts, type Issue, productsPrelude } from './products.ts';

/** A product y[m][p] = requant(b[m] + sum_k w[m][k] x[k][p]) for a block of pixels in `col`, all output channels. */
export interface Gemm {
  readonly m: number;
  readonly k: number;
  /** Pixels in the block. */
  readonly columns: number;
  /** Distance between output channels in bytes. */
  readonly plane: number;
  readonly plan: RequantPlan;
}

/** Pairs of k per turn of the loop, and turns: the cheapest unrolling, with weights padded by zeros. */
export function gemmTurns(k: number): { readonly unroll: number; readonly turns: number } {
  const pairs = Math.ceil(k / 2);
  const choices = [4, 3, 2].filter((unroll) => unroll <= pairs);
  const cost = (unroll: number): number => Math.ceil(pairs / unroll) * (13 * unroll + 3);
  const unroll = choices.reduce((best, next) => (cost(next) < cost(best) ? next : best), choices[0] ?? 1);
  return { unroll, turns: Math.ceil(pairs / unroll) };
}

/** The definitions that `gemmLines` depends on. */
export function gemmNeeds(k: number, issue: Issue): Prelude {
  return productsPrelude(gemmTurns(k).unroll, issue);
}

/** Words of `col`: pairs of k, padding included, times pixels. */
export function columnWords(k: number, columns: number): number {
  const { unroll, turns } = gemmTurns(k);
  return unroll * turns * columns;
}

/**
 * Weights [m][k] as words of two rows and two k: bytes w[m][k], w[m+1][k], w[m][k+1], w[m+1][k+1], for all k of two rows,
 * then the next two; zeros where there is none.
 */
export function packGemmWeights(weight: Int8Array, m: number, k: number): Int8Array {
  const { unroll, turns } = gemmTurns(k);
  const pairs = unroll * turns;
  const packed = new Int8Array(Math.ceil(m / 2) * pairs * 4);
  for (let row = 0; row < m; row++) {
    const to = (row >> 1) * pairs * 4 + (row & 1);
    for (let i = 0; i < k; i++) packed[to + (i >> 1) * 4 + (i & 1) * 2] = weight[row * k + i] ?? 0;
  }
  return packed;
}

/** Lines that compute all output channels of the pixels in `col`; `w`, `q` and `yp` (first output) are in scope. */
export function gemmLines(gemm: Gemm): string[] {
  const whole = gemm.m - (gemm.m % 2);
  return [
    'const int32_t *wk = w;',
    'const int32_t *qk = q;',
    'int8_t *ym = yp;',
    ...(whole ? [`for (int m = 0; m < ${whole}; m += 2) {`, ...rowBlock(gemm, 2), '}'] : []),
    ...(gemm.m % 2 ? rowBlock(gemm, 1) : []),
  ];
}

function rowBlock({ k, columns, plane, plan }: Gemm, rows: number): string[] {
  const { unroll, turns } = gemmTurns(k);
  const end = `col + ${turns * unroll * columns}`;
  return [
    ...range(rows).map(
      (row) =>
        `int32_t ${range(columns)
          .map((column) => `${acc(row, column)} = qk[${row * plan.words}]`)
          .join(', ')};`,
    ),
    ...(rows === 2 && columns === 4
      ? [addProducts(unroll, end), `wk += ${unroll * turns};`]
      : [
          'const int32_t *c = col;',
          ...(turns > 1 ? ['do {'] : []),
          ...range(unroll).flatMap((step) => pairStep({ step, rows, columns })),
          `wk += ${unroll};`,
          ...(turns > 1 ? [`c += ${unroll * columns};`, `} while (c != ${end});`] : []),
        ]),
    ...range(rows).flatMap((row) =>
      requantStores(plan, {
        q: row ? `qk + ${row * plan.words}` : 'qk',
        accumulators: range(columns).map((column) => acc(row, column)),
        target: (i) => `ym[${row * plane + i}]`,
      }),
    ),
    `qk += ${rows * plan.words};`,
    `ym += ${rows * plane};`,
  ];
}

function pairStep({ step, rows, columns }: { step: number; rows: number; columns: number }): string[] {
  const unpack = [
    `const int32_t w0 = even_bytes(wk[${step}]);`,
    `const int32_t w1 = odd_bytes(wk[${step}]);`,
  ];
  return [
    '{',
    ...unpack.slice(0, rows),
    ...range(columns).map((column) => {
      const x = `c[${step * columns + column}]`;
      return range(rows)
        .map((row) => `${acc(row, column)} = __smlad(w${row}, ${x}, ${acc(row, column)});`)
        .join(' ');
    }),
    '}',
  ];
}
