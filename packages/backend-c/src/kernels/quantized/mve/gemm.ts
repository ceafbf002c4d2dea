import type { Prelude } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import type { RequantPlan } from '../requant-plan.ts';
import { dotProducts, dotProductsPrelude } from './dot-products.ts';
import { requantConstants, requantVector, storeLanes } from './requant-text.ts';

/** A product y[m][p] = requant(b[m] + sum_k w[m][k] x[k][p]) for up to 16 pixels in `col`, all output channels. */
export interface Gemm {
  readonly m: number;
  readonly k: number;
  /** Pixels in the block. */
  readonly pixels: number;
  /** Distance between output channels in bytes. */
  readonly plane: number;
  readonly plan: RequantPlan;
}

/** Vectors of 16 k. */
export function vectorsOf(k: number): number {
  return Math.ceil(k / 16);
}

/** Bytes of `col` [four pixels][vector of k][pixel][16 k] for that many pixels. */
export function columnBytes(k: number, pixels: number): number {
  return Math.ceil(pixels / 8) * 8 * 16 * vectorsOf(k);
}

/** Vectors of k that stay in registers over the pixels, and up to which the sum is unrolled. */
const KEPT = 3;
const UNROLLED = 8;

/** The definitions that `gemmLines` depends on. */
export function gemmNeeds(k: number): Prelude {
  return dotProductsPrelude(vectorsOf(k));
}

/** Lines that compute all output channels of the pixels in `col`; `w`, `q` and `yp` (first output) are in scope. */
export function gemmLines(gemm: Gemm): string[] {
  const { m, k, plane, plan, pixels } = gemm;
  const together = pixels >= 3 ? m - (m % 2) : 0;
  const next = (rows: number): string[] => [
    `wm += ${rows * k};`,
    `qm += ${rows * plan.words};`,
    `ym += ${rows * plane};`,
  ];
  return [
    'const int8_t *wm = w;',
    'const int32_t *qm = q;',
    'int8_t *ym = yp;',
    ...(together ? [`for (int m = 0; m < ${together}; m += 2) {`, ...twoRows(gemm), ...next(2), '}'] : []),
    ...(together < m ? [`for (int m = ${together}; m < ${m}; m++) {`, ...oneRow(gemm), ...next(1), '}'] : []),
  ];
}

/** Four pixels of two channels at a time; of the last four, those that there are. */
function twoRows({ k, pixels, plane, plan }: Gemm): string[] {
  const quads = Math.floor(pixels / 4);
  const rest = pixels % 4;
  const block = (count: number): string[] => [
    'int32x4_t a0, a1;',
    dotProducts(vectorsOf(k)),
    ...range(2).map((row) =>
      storeLanes(
        row ? `yq + ${plane}` : 'yq',
        requantVector(plan, `vaddq_s32(a${row}, start${row})`, String(row)),
        count,
      ),
    ),
    'yq += 4;',
    // the hardware's loops would need lr
    'KEEP(yq);',
  ];
  return [
    `const int8_t *const wn = wm + ${k};`,
    ...range(2).flatMap((row) =>
      requantConstants(plan, row ? `(qm + ${plan.words})` : 'qm', { row: String(row) }),
    ),
    ...range(2).flatMap((row) => [`int32x4_t start${row} = vdupq_n_s32(bias${row});`, `HOLD(start${row});`]),
    'const int8_t *c = col;',
    'int8_t *yq = ym;',
    ...(quads
      ? [`const int8_t *const last = ym + ${4 * quads};`, 'do {', ...block(4), '} while (yq != last);']
      : []),
    ...(rest ? ['{', ...block(rest), '}'] : []),
  ];
}

function oneRow(gemm: Gemm): string[] {
  const { k, pixels, plan } = gemm;
  const quads = Math.floor(pixels / 4);
  const kept = vectorsOf(k) <= KEPT;
  return [
    ...requantConstants(plan, 'qm'),
    'const int8_t *c = col;',
    ...(kept
      ? range(vectorsOf(k)).map((i) => `const int8x16_t w${i} = vldrbq_s8(wm${i ? ` + ${16 * i}` : ''});`)
      : []),
    'int8_t *yq = ym;',
    ...(quads > 1
      ? [`for (int i = ${quads}; i > 0; i--) {`, ...quad(gemm, 4), 'yq += 4;', '}']
      : quads
        ? ['{', ...quad(gemm, 4), '}', ...(pixels % 4 ? ['yq += 4;'] : [])]
        : []),
    ...(pixels % 4 ? ['{', ...quad(gemm, pixels % 4), '}'] : []),
  ];
}

function quad({ k, plan }: Gemm, count: number): string[] {
  const vectors = vectorsOf(k);
  const names = range(count).map((i) => `a${i}`);
  const lanes = range(4).map((i) => names[i] ?? names[0]);
  return [
    ...(vectors <= UNROLLED ? unrolledSum(vectors, count) : loopedSum(vectors, count)),
    storeLanes('yq', requantVector(plan, `vaddq_n_s32(four(${lanes.join(', ')}), bias)`), count),
  ];
}

function unrolledSum(vectors: number, count: number): string[] {
  const kept = vectors <= KEPT;
  return [
    ...(kept ? [] : ['KEEP(wm);']),
    ...range(vectors).flatMap((i) => [
      ...term({ weight: kept ? `w${i}` : load('wm', 16 * i), at: 64 * (i % 2), count, first: i === 0 }),
      ...advance(i, vectors),
    ]),
  ];
}

function loopedSum(vectors: number, count: number): string[] {
  const unroll = [6, 5, 4, 3].find((n) => vectors % n === 0) ?? 4;
  const turns = Math.floor(vectors / unroll);
  const terms = (n: number): string[] =>
    range(n).flatMap((i) => [
      ...term({ weight: load('wk', 16 * i), at: 64 * (i % 2), count, first: false }),
      ...advance(i, n),
    ]);
  return [
    'const int8_t *wk = wm;',
    `int32_t ${range(count)
      .map((i) => `a${i} = 0`)
      .join(', ')};`,
    `for (int k = ${turns}; k > 0; k--) {`,
    ...terms(unroll),
    `wk += ${16 * unroll};`,
    '}',
    ...terms(vectors % unroll),
  ];
}

const load = (pointer: string, offset: number): string =>
  `vldrbq_s8(${pointer}${offset ? ` + ${offset}` : ''})`;

/** After every second vector and the last: offsets reach 127 bytes. */
function advance(i: number, vectors: number): string[] {
  if (i % 2 === 0 && i < vectors - 1) return [];
  return [`c += ${i % 2 === 0 ? 64 : 128};`, 'KEEP(c);'];
}

interface Term {
  /** C expression of 16 weights. */
  readonly weight: string;
  /** Offset of the pixels from `c`. */
  readonly at: number;
  readonly count: number;
  readonly first: boolean;
}

/** One vector of weights times that of each pixel. */
function term({ weight, at, count, first }: Term): string[] {
  const product = (i: number): string =>
    first
      ? `int32_t a${i} = vmladavq_s8(v0, ${load('c', at + 16 * i)});`
      : `a${i} = vmladavaq_s8(a${i}, wv, ${load('c', at + 16 * i)});`;
  return first
    ? [`const int8x16_t v0 = ${weight};`, ...range(count).map(product)]
    : ['{', `const int8x16_t wv = ${weight};`, ...range(count).map(product), '}'];
}
