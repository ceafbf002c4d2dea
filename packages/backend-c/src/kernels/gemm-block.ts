import type { Activation } from '@ghostc/ops';
import { storeActivated } from '../activation-text.ts';
import { range } from '../text/range.ts';
import { vfpBlock } from './vfp-block.ts';

/**
 * y[m][p] = act(b[m] + sum_k w[m][k] * x[k][p] (+ r[m][p])): a block of `rows` x `columns` sums, for processors without vectors.
 * Weights are packed: `rows` values for k = 0, then for k = 1, and so on.
 */
export interface GemmBlock {
  readonly rows: number;
  /** Sums along p. */
  readonly columns: number;
  readonly inner: number;
  /** C expressions: address of the block's first weight, bias, x, y and residual. */
  readonly w: string;
  readonly b: string;
  readonly x: string;
  readonly y: string;
  readonly r: string | null;
  /** Distance between rows of x as C, of y and r in elements. */
  readonly stepX: string;
  readonly stepY: number;
  readonly act: Activation;
  /** Are the sums a function's, in registers of an Arm core? See `vfpBlockPrelude`. */
  readonly vfp: boolean;
}

/** The block as C lines in a separate scope. */
export function gemmBlock(block: GemmBlock): string[] {
  const sums = block.vfp ? calledSums(block) : [...accumulators(block), ...innerLoop(block)];
  return ['{', ...pointers(block), ...sums, ...epilogue(block), '}'];
}

function pointers({ w, b, x, y, r }: GemmBlock): string[] {
  const named = { wb: w, bb: b, xb: x, ...(r && { rb: r }) };
  return [...Object.entries(named).map(([name, at]) => `const float *${name} = ${at};`), `float *yb = ${y};`];
}

const accumulator = (row: number, column: number): string => `a${row}_${column}`;

function accumulators({ rows, columns }: GemmBlock): string[] {
  return range(rows).map(
    (row) =>
      `float ${range(columns)
        .map((column) => `${accumulator(row, column)} = bb[${row}]`)
        .join(', ')};`,
  );
}

function calledSums(block: GemmBlock): string[] {
  const { rows, columns, inner, stepX } = block;
  const steps = unrolling(inner);
  return [
    `float sums[${rows * columns}];`,
    `${vfpBlock(rows, steps)}(wb, xb, ${stepX} * 4, ${inner / steps}, bb, sums);`,
    ...range(rows).map(
      (row) =>
        `float ${range(columns)
          .map((column) => `${accumulator(row, column)} = sums[${row * columns + column}]`)
          .join(', ')};`,
    ),
  ];
}

/** Steps of k per turn of the loop: what divides them all. */
export function unrolling(inner: number): number {
  return [4, 3, 2].find((steps) => inner % steps === 0) ?? 1;
}

function innerLoop(block: GemmBlock): string[] {
  const { inner, stepX, rows } = block;
  const steps = unrolling(inner);
  if (steps === 1) {
    return [
      `for (int k = 0; k < ${inner}; k++) {`,
      `const float *xk = xb + k * ${stepX};`,
      `const float *wk = wb + k * ${rows};`,
      ...kStep(block, 0),
      '}',
    ];
  }
  return [
    'const float *xk = xb;',
    'const float *wk = wb;',
    `for (int k = ${inner / steps}; k > 0; k--) {`,
    ...range(steps).flatMap((step) => ['{', ...kStep(block, step * rows), '}', `xk += ${stepX};`]),
    `wk += ${steps * rows};`,
    '}',
  ];
}

/** The products of one k; its weights are at `wk + first`. */
function kStep({ rows, columns }: GemmBlock, first: number): string[] {
  return [
    ...range(columns).map((column) => `const float x${column} = xk[${plus('0', column)}];`),
    ...range(rows).map((row) =>
      range(columns)
        .map((column) => `${accumulator(row, column)} += wk[${first + row}] * x${column};`)
        .join(' '),
    ),
  ];
}

function epilogue(block: GemmBlock): string[] {
  const { rows, columns, stepY, r, act } = block;
  return range(rows).flatMap((row) =>
    range(columns).flatMap((column) => {
      const v = accumulator(row, column);
      const index = plus(String(row * stepY), column);
      const residual = r ? [`${v} += rb[${index}];`] : [];
      return [...residual, storeActivated(act, { y: 'yb', index, v })];
    }),
  );
}

function plus(base: string, count: number): string {
  return count === 0 ? base : `${base} + ${count}`;
}

/** Packs row-major w[M][K] for blocks of `rows` rows; the last block has the rows that are left. */
export function packRows(
  w: Float32Array,
  shape: { readonly m: number; readonly k: number },
  rows: number,
): Float32Array {
  const { m, k } = shape;
  const packed = new Float32Array(m * k);
  for (let first = 0; first < m; first += rows) {
    const height = Math.min(rows, m - first);
    for (let row = 0; row < height; row++) {
      const source = (first + row) * k;
      let to = first * k + row;
      for (let i = 0; i < k; i++, to += height) packed[to] = w[source + i] ?? 0;
    }
  }
  return packed;
}
