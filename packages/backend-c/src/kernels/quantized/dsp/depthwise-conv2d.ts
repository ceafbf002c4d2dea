import { itemAt } from '@ghostc/ir';
import type { CFunction } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import type { ConvGeometry } from '../../conv-geometry.ts';
import { type Depthwise, overRows, planeByPlane } from '../plane-by-plane.ts';
import type { RequantPlan } from '../requant-plan.ts';
import { requantStores } from '../requant-stores.ts';
import { type Tap, type TapPlan, tapPlan } from './depthwise-taps.ts';
import { dspPrelude } from './prelude.ts';

/** Output pixels per block. */
const BLOCK = 4;

export function dspDepthwiseFits({ dilationX, dilationY, kernelHeight, kernelWidth }: ConvGeometry): boolean {
  return dilationX === 1 && dilationY === 1 && kernelHeight <= 11 && kernelWidth <= 11;
}

/** A line of the buffer: left margin (even, so that pixels are stored by words), a row of x, right margin. */
interface Line {
  /** Elements before the row. */
  readonly margin: number;
  /** Element at which the first window starts. */
  readonly start: number;
  readonly words: number;
}

export function lineOf({ padLeft, width, outWidth, strideX, kernelWidth }: ConvGeometry): Line {
  const start = padLeft % 2;
  const margin = padLeft + start;
  const last = (outWidth - 1) * strideX + start + kernelWidth - 1;
  return { margin, start, words: Math.max(Math.floor(last / 2) + 1, Math.ceil((margin + width) / 2)) };
}

/** Bytes of the line buffer. */
export function dspDepthwiseScratch(geometry: ConvGeometry): number {
  return 4 * geometry.kernelHeight * lineOf(geometry).words;
}

/**
 * Depthwise convolution. A ring of as many int16 lines as the window has rows holds the padded input rows, so that no
 * window has an edge; the weights are kept twice in a row, so that the window's first row can be any line of the ring. Two
 * taps take one instruction.
 */
export function dspDepthwiseConv2d(conv: Depthwise): CFunction {
  const { geometry, plan, xZeroPoint } = conv;
  const part = partOf({ geometry, plan }, { source: 'x', weights: 'w', table: 'q' });
  return planeByPlane(conv, {
    needs: dspPrelude,
    body: [`int32_t ring[${ringWords(part)}];`, ...unpackWeights(part), ...rows(part)],
    padding: { name: 'zeros', value: wordOf(xZeroPoint, xZeroPoint) },
    lineWords: part.line.words,
  });
}

/** What the code of a row works on. */
export interface Part {
  readonly geometry: ConvGeometry;
  readonly line: Line;
  readonly taps: TapPlan;
  readonly plan: RequantPlan;
  readonly names: PartNames;
}

/** C variables: the plane that rows come from, a channel's weights, its row of the table. */
interface PartNames {
  readonly source: string;
  readonly weights: string;
  readonly table: string;
}

export function partOf({ geometry, plan }: Pick<Depthwise, 'geometry' | 'plan'>, names: PartNames): Part {
  const line = lineOf(geometry);
  const { outWidth, strideX, kernelWidth } = geometry;
  const starts = range(Math.min(BLOCK, outWidth)).map((j) => j * strideX + line.start);
  return { geometry, line, taps: tapPlan(kernelWidth, starts), plan, names };
}

/** Words of a channel's unpacked weights. */
export function ringWords({ geometry, taps }: Part): number {
  return (2 * geometry.kernelHeight - 1) * taps.words.length;
}

/** Two int16 constants as a word. */
export function wordOf(low: number, high: number): string {
  return String((low & 0xffff) | (high << 16));
}

export function unpackWeights({ geometry, taps, names }: Part): string[] {
  const { kernelHeight, kernelWidth } = geometry;
  const count = taps.words.length;
  const tap = (i: number): string => (i < 0 ? '0' : `${names.weights}[u * ${kernelWidth} + ${i}]`);
  return [
    `for (int u = 0; u < ${kernelHeight}; u++) {`,
    ...taps.words.map(
      ([low, high], i) => `ring[u * ${count} + ${i}] = low_halves(${tap(low)}, ${tap(high)});`,
    ),
    '}',
    `memcpy(ring + ${kernelHeight * count}, ring, ${(kernelHeight - 1) * count} * sizeof(int32_t));`,
  ];
}

function rows(part: Part): string[] {
  const { geometry, line, taps } = part;
  return overRows(geometry, {
    line: `lines + slot * ${line.words}${line.margin ? ` + ${line.margin / 2}` : ''}`,
    fill: fillLine(part),
    weights: `const int32_t *const k = ring + first * ${taps.words.length};`,
    output: ['const int32_t *c = lines;', ...outputRow(part)],
  });
}

/** A row of the source, or `zeros`: the zero point of x in both halves of a word. */
export function fillLine({ geometry, names }: Part): string[] {
  const { height, width, padTop, kernelHeight, strideY, outHeight } = geometry;
  const inside = padTop === 0 && (outHeight - 1) * strideY + kernelHeight <= height;
  const whole = Math.floor(width / 4);
  const copy = [
    `const int8_t *s = ${names.source} + row * ${width};`,
    ...(whole
      ? [
          `for (int i = 0; i < ${whole}; i++) {`,
          'const int32_t t = load4(s);',
          'const int32_t t0 = even_bytes(t), t1 = odd_bytes(t);',
          'line[0] = low_halves(t0, t1);',
          'line[1] = high_halves(t0, t1);',
          's += 4;',
          'line += 2;',
          '}',
        ]
      : []),
    ...lastPixels(width % 4),
  ];
  if (inside) return copy;
  return [
    `if (row >= 0 && row < ${height}) {`,
    ...copy,
    '} else {',
    `for (int i = 0; i < ${Math.ceil(width / 2)}; i++) {`,
    'line[i] = zeros;',
    '}',
    '}',
  ];
}

/** The pixels that make no word of four, the margin's zero point after them. */
function lastPixels(count: number): string[] {
  return range(Math.ceil(count / 2)).map((i) => {
    const second = 2 * i + 1 < count ? `s[${2 * i + 1}]` : 'zeros';
    return `line[${i}] = low_halves(s[${2 * i}], ${second});`;
  });
}

export function outputRow(part: Part): string[] {
  const { outWidth, strideX } = part.geometry;
  const blocks = Math.floor(outWidth / BLOCK);
  const step = [`c += ${2 * strideX};`, `y += ${BLOCK};`];
  const rest = outWidth % BLOCK;
  return [
    ...(blocks > 1
      ? [`for (int h = 0; h < ${blocks}; h++) {`, ...block(part, BLOCK), ...step, '}']
      : blocks
        ? [...block(part, BLOCK), ...(rest ? step : [itemAt(step, 1)])]
        : []),
    ...(rest ? ['{', ...block(part, rest), '}', `y += ${rest};`] : []),
  ];
}

function block({ geometry, line, taps, plan, names: { table } }: Part, count: number): string[] {
  const sums = range(count).map((j) => `a${j}`);
  const perOutput = sums.map((_, j) => taps.taps(j * geometry.strideX + line.start));
  const used = (of: (tap: Tap) => number): number[] =>
    [...new Set(perOutput.flatMap((list) => list.map(of)))].sort((a, b) => a - b);
  const row = (u: number): string[] => [
    '{',
    `const int32_t ${used(({ weight }) => weight)
      .map((i) => `k${i} = k[${u * taps.words.length + i}]`)
      .join(', ')};`,
    `const int32_t ${used(({ word }) => word)
      .map((i) => `c${i} = c[${u * line.words + i}]`)
      .join(', ')};`,
    ...perOutput.map((list, j) =>
      list
        .map(({ instruction, weight, word }) => `a${j} = ${instruction}(k${weight}, c${word}, a${j});`)
        .join(' '),
    ),
    '}',
  ];
  return [
    `int32_t ${sums.map((name) => `${name} = ${table}[0]`).join(', ')};`,
    ...range(geometry.kernelHeight).flatMap(row),
    ...requantStores(plan, { q: table, accumulators: sums, target: (j) => `y[${j}]`, offset: 'given' }),
  ];
}
