import { range } from '../../../text/range.ts';
import type { RequantPlan } from '../requant-plan.ts';
import { requantStores } from '../requant-stores.ts';
import {
  addGroup,
  declareSums,
  groupsOf,
  highSum,
  lowSum,
  startsOf,
  sumReferences,
  sumsNamed,
} from './pair-sums.ts';

/** Pixels of a block: two pairs. */
export const BLOCK = 4;
const PAIRS = BLOCK / 2;

/** A product y[m][p] = requant(b[m] + sum_k w[m][k] x[k][p]) for a block of pixels in `col`, all output channels. */
export interface Gemm {
  readonly m: number;
  readonly k: number;
  /** Distance between output channels in bytes. */
  readonly plane: number;
  readonly plan: RequantPlan;
  /** Output channels whose sums are in registers together; with one, Armv6-M has a special loop. */
  readonly rows: number;
}

/** Weights of a channel, with the zeros after them. */
export function paddedInner(k: number): number {
  return Math.ceil(k / 4) * 4;
}

/** Words of `col` [k][pair]. */
export function columnWords(k: number): number {
  return paddedInner(k) * PAIRS;
}

/** Weights [m][k] by blocks of rows: [group of two k][row][2]; zeros where there is none. */
export function packWeights(weight: Int8Array, { m, k, rows }: Pick<Gemm, 'm' | 'k' | 'rows'>): Int8Array {
  const inner = paddedInner(k);
  const packed = new Int8Array(m * inner);
  for (let row = 0; row < m; row++) {
    const first = row - (row % rows);
    const height = Math.min(rows, m - first);
    for (let i = 0; i < k; i++)
      packed[first * inner + ((i >> 1) * height + (row - first)) * 2 + (i & 1)] = weight[row * k + i] ?? 0;
  }
  return packed;
}

/** Lines that compute all output channels of the pixels in `col`; `w`, `q` and `yp` (first output) are in scope. */
export function gemmLines(gemm: Gemm): string[] {
  const { m, rows } = gemm;
  const rest = m % rows;
  const whole = m - rest;
  return [
    'const int8_t *wk = w;',
    'const int32_t *qk = q;',
    'int8_t *ym = yp;',
    ...(whole ? [`for (int m = 0; m < ${whole}; m += ${rows}) {`, ...rowBlock(gemm, rows), '}'] : []),
    ...(rest ? rowBlock(gemm, rest) : []),
  ];
}

function rowBlock({ k, plane, plan, rows: most }: Gemm, rows: number): string[] {
  const inner = paddedInner(k);
  const table = (row: number): string => (row ? `qk + ${row * plan.words}` : 'qk');
  const names = (row: number): string[] => range(PAIRS).map((pair) => `${row}_${pair}`);
  return [
    ...range(rows).flatMap((row) =>
      declareSums(names(row), startsOf(`qk[${row * plan.words}]`, groupsOf(inner))),
    ),
    ...(most === 1
      ? [`add_row(wk, col, col + ${columnWords(k)}, ${sumReferences(names(0)).join(', ')});`]
      : products(rows, inner, names)),
    `wk += ${rows * inner};`,
    ...range(rows).flatMap((row) =>
      requantStores(plan, {
        q: table(row),
        accumulators: names(row).flatMap((name) => [lowSum(name), highSum(name)]),
        target: (i) => `ym[${row * plane + i}]`,
      }),
    ),
    `qk += ${rows * plan.words};`,
    `ym += ${rows * plane};`,
  ];
}

function products(rows: number, inner: number, names: (row: number) => string[]): string[] {
  return [
    'const int32_t *c = col;',
    'const int8_t *wr = wk;',
    `const int32_t *const end = col + ${inner * PAIRS};`,
    'do {',
    'uint32_t t;',
    `const int32_t ${range(2 * PAIRS)
      .map((i) => `c${i} = c[${i}]`)
      .join(', ')};`,
    ...range(rows).flatMap((row) => [
      `const int32_t v${row} = wr[${2 * row}], u${row} = wr[${2 * row + 1}];`,
      ...names(row).map((name, pair) =>
        addGroup(sumsNamed(name), [
          [`v${row}`, `c${pair}`],
          [`u${row}`, `c${PAIRS + pair}`],
        ]),
      ),
    ]),
    `c += ${2 * PAIRS};`,
    `wr += ${2 * rows};`,
    '} while (c != end);',
  ];
}
