import type { CFunction } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import type { ConvGeometry } from '../../conv-geometry.ts';
import { type Depthwise, overRows, planeByPlane } from '../plane-by-plane.ts';
import { requantStores } from '../requant-stores.ts';
import {
  addWindow,
  addWindowPrelude,
  declareSums,
  groupsOf,
  highSum,
  lowSum,
  startsOf,
  sumReferences,
} from './pair-sums.ts';

/**
 * Most taps whose code is unrolled, and fewest that are worth a loop; most words of weights, one copy per
 * line.
 */
const [MOST_TAPS, FEWEST_TAPS, MOST_WEIGHTS] = [49, 4, 2048];

export function scalarDepthwiseFits(geometry: ConvGeometry): boolean {
  const { dilationX, dilationY, kernelHeight, width, strideX } = geometry;
  const { taps, parts } = partsOf(geometry);
  return (
    dilationX === 1 &&
    dilationY === 1 &&
    width > strideX &&
    (parts === 1 || taps >= FEWEST_TAPS) &&
    kernelHeight * taps * parts <= MOST_WEIGHTS &&
    isWorthLines(geometry)
  );
}

/**
 * Do windows gain what lines and turned weights take? As estimated from counts on RV32IMC and Cortex-M0+, a window here takes 20
 * instructions fewer than in portable C, and 4 fewer a tap; a pixel of a line takes 8 and a weight 6.
 */
function isWorthLines({
  height,
  width,
  outHeight,
  outWidth,
  kernelHeight,
  kernelWidth,
}: ConvGeometry): boolean {
  const taps = kernelHeight * kernelWidth;
  return outHeight * outWidth * (4 * taps + 20) > 8 * height * width + 6 * kernelHeight * taps;
}

/** A window as equal parts, each as many taps as have room. */
function partsOf({ kernelHeight, kernelWidth }: ConvGeometry): { taps: number; parts: number } {
  const all = kernelHeight * kernelWidth;
  let taps = Math.min(all, MOST_TAPS);
  while (all % taps) taps--;
  return { taps, parts: all / taps };
}

/**
 * The ring of lines lies column by column: element i of all its lines, then element i + 1. Element i is the pair of the
 * pixels i and i + strideX of a padded row, what two windows side by side take for one tap, so that a window is kernelHeight
 * times kernelWidth words in a row.
 */
function lineWords({ padLeft, width, outWidth, strideX, kernelWidth }: ConvGeometry): number {
  const lastWindow = (outWidth - 1 - ((outWidth - 1) % 2)) * strideX;
  return Math.max(lastWindow + kernelWidth, padLeft + width);
}

/** Bytes of the lines, and after them of a channel's weights, as lines find them when line 0 has row 0, 1, ... of a window. */
export function scalarDepthwiseScratch(geometry: ConvGeometry): number {
  const { kernelHeight, kernelWidth } = geometry;
  return 4 * kernelHeight * (lineWords(geometry) + kernelHeight * kernelWidth);
}

/** Depthwise convolution, two output pixels at a time. */
export function scalarDepthwiseConv2d(conv: Depthwise): CFunction {
  const { geometry, xZeroPoint } = conv;
  return planeByPlane(conv, {
    needs: addWindowPrelude(partsOf(geometry).taps),
    body: [...turnWeights(geometry), ...rows(conv)],
    padding: { name: 'zeros', value: String((xZeroPoint + xZeroPoint * 65536) | 0) },
    lineWords: lineWords(geometry),
  });
}

function turnWeights(geometry: ConvGeometry): string[] {
  const { kernelHeight, kernelWidth } = geometry;
  return [
    `int32_t *const turned = lines + ${kernelHeight * lineWords(geometry)};`,
    `for (int f = 0; f < ${kernelHeight}; f++) {`,
    'int u = f;',
    `for (int line = 0; line < ${kernelHeight}; line++) {`,
    `for (int v = 0; v < ${kernelWidth}; v++) {`,
    `turned[(f * ${kernelWidth} + v) * ${kernelHeight} + line] = w[u * ${kernelWidth} + v];`,
    '}',
    `u = u == ${kernelHeight - 1} ? 0 : u + 1;`,
    '}',
    '}',
  ];
}

function rows(conv: Depthwise): string[] {
  const { kernelHeight, kernelWidth, outWidth, strideX } = conv.geometry;
  const pairs = Math.floor(outWidth / 2);
  const { taps, parts } = partsOf(conv.geometry);
  const start = startsOf('table[0]', parts * groupsOf(taps));
  return [
    // a copy, which no store to y changes
    `const int32_t table[${conv.plan.words}] = { ${range(conv.plan.words)
      .map((i) => `q[${i}]`)
      .join(', ')} };`,
    `const uint32_t both_start = ${start.both};`,
    `const int32_t high_start = ${start.high};`,
    ...overRows(conv.geometry, {
      line: 'lines + slot',
      fill: fillLine(conv.geometry),
      weights: `const int32_t *const k = turned + first * ${kernelHeight * kernelWidth};`,
      output: [
        'const int32_t *c = lines;',
        ...(pairs
          ? [
              `for (int h = 0; h < ${pairs}; h++) {`,
              ...window(conv, 2),
              `c += ${2 * strideX * kernelHeight};`,
              'y += 2;',
              '}',
            ]
          : []),
        ...(outWidth % 2 ? ['{', ...window(conv, 1), 'y++;', '}'] : []),
      ],
    }),
  ];
}

function window({ geometry, plan }: Depthwise, outputs: number): string[] {
  return [
    ...declareSums([''], { both: 'both_start', high: 'high_start' }),
    ...addParts(partsOf(geometry)),
    ...requantStores(plan, {
      q: 'table',
      accumulators: [lowSum(''), highSum('')].slice(0, outputs),
      target: (i) => `y[${i}]`,
      offset: 'given',
    }),
  ];
}

function addParts({ taps, parts }: { taps: number; parts: number }): string[] {
  const add = (at: string): string =>
    `${addWindow(taps)}(k${at}, c${at}, ${sumReferences(['']).join(', ')});`;
  if (parts === 1) return [add('')];
  return [`for (int p = 0; p < ${taps * parts}; p += ${taps}) {`, add(' + p'), '}'];
}

/** Row `row` of x, or the zero point. */
function fillLine({
  height,
  width,
  padTop,
  padLeft,
  kernelHeight,
  strideY,
  strideX,
  outHeight,
}: ConvGeometry): string[] {
  const inside = padTop === 0 && (outHeight - 1) * strideY + kernelHeight <= height;
  const before = Math.min(padLeft, strideX);
  const step = `line += ${kernelHeight};`;
  const copy = [
    `const int8_t *s = x + row * ${width};`,
    'const int32_t zero = (int16_t)zeros;',
    ...(before
      ? [
          `for (int i = ${strideX - before}; i < ${strideX}; i++) {`,
          '*line = pair_of(zero, s[i]);',
          step,
          '}',
        ]
      : []),
    `for (int i = 0; i < ${width - strideX}; i++) {`,
    `*line = pair_of(s[0], s[${strideX}]);`,
    's++;',
    step,
    '}',
    `for (int i = 0; i < ${strideX}; i++) {`,
    '*line = pair_of(s[i], zero);',
    step,
    '}',
  ];
  const advance = padLeft > before ? [`line += ${(padLeft - before) * kernelHeight};`] : [];
  if (inside) return [...advance, ...copy];
  return [
    ...advance,
    `if (row >= 0 && row < ${height}) {`,
    ...copy,
    '} else {',
    `for (int i = 0; i < ${before + width}; i++) {`,
    '*line = zeros;',
    step,
    '}',
    '}',
  ];
}
