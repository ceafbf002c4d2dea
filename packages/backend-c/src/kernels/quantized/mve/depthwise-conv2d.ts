import type { CFunction } from '../../../kernel.ts';
import { type ConvGeometry, isUnrolled } from '../../conv-geometry.ts';
import { range } from '../../gemm-block.ts';
import { type Depthwise, overRows, planeByPlane } from '../plane-by-plane.ts';
import { mvePrelude } from './prelude.ts';
import { requantConstants, requantVector, storeLanes } from './requant-text.ts';

export function mveDepthwiseFits(geometry: ConvGeometry): boolean {
  const { dilationX, dilationY, kernelHeight, strideX } = geometry;
  const isSmall = isUnrolled(geometry) && kernelHeight <= 7 && strideX <= 16;
  return isSmall && dilationX === 1 && dilationY === 1;
}

/** Words of a padded line; vectors may read up to four pixels of outputs that are not there. */
function lineWords({ padLeft, width, outWidth, strideX, kernelWidth }: ConvGeometry): number {
  const lanes = Math.ceil(outWidth / 4) * 4;
  const needed = Math.max(padLeft + width, (lanes - 1) * strideX + kernelWidth);
  return needed;
}

/** Bytes of the ring of lines. */
export function mveDepthwiseScratch(geometry: ConvGeometry): number {
  return 4 * geometry.kernelHeight * lineWords(geometry);
}

/**
 * Depthwise convolution, four outputs to a vector. A ring of as many lines as the window has rows holds the padded input
 * rows, widened to int32; the weights are kept twice in a row, so that the window's first row can be any line.
 */
export function mveDepthwiseConv2d(conv: Depthwise): CFunction {
  const { geometry, plan, xZeroPoint } = conv;
  const { kernelHeight, kernelWidth, strideX } = geometry;
  const taps = kernelHeight * kernelWidth;
  const body = [
    `int8_t ring[${(2 * kernelHeight - 1) * kernelWidth}];`,
    ...(strideX === 1 ? [] : [`const uint32x4_t from = vmulq_n_u32(vidupq_n_u32(0, 1), ${strideX});`]),
    `memcpy(ring, w, ${taps});`,
    `memcpy(ring + ${taps}, w, ${taps - kernelWidth});`,
    ...requantConstants(plan, 'q', { offset: 'given' }),
    ...rows(conv),
  ];
  const padding = { name: 'zero', value: String(xZeroPoint) };
  return planeByPlane(conv, { needs: mvePrelude, body, padding, lineWords: lineWords(geometry) });
}

function rows(conv: Depthwise): string[] {
  const { geometry } = conv;
  const { kernelWidth, padLeft, height, width, outWidth } = geometry;
  return overRows(geometry, {
    line: `lines + slot * ${lineWords(geometry)} + ${padLeft}`,
    fill: [`if (row >= 0 && row < ${height}) {`, ...copyRow(width), '} else {', ...padRow(width), '}'],
    weights: `const int8_t *const k = ring + first * ${kernelWidth};`,
    output: [...outputRow(conv), `y += ${outWidth};`],
  });
}

/** A row of x in words; the last vector steps back to end with the row. */
function copyRow(width: number): string[] {
  const from = `const int8_t *s = x + row * ${width};`;
  if (width < 4) return [from, ...range(width).map((i) => `line[${i}] = s[${i}];`)];
  const back = width % 4;
  return [
    from,
    ...eachVector(Math.floor(width / 4), ['vstrwq_s32(line, vldrbq_s32(s));', 'line += 4;', 's += 4;']),
    ...(back ? [`vstrwq_s32(line - ${4 - back}, vldrbq_s32(s - ${4 - back}));`] : []),
  ];
}

function padRow(width: number): string[] {
  if (width < 4) return range(width).map((i) => `line[${i}] = zero;`);
  const back = width % 4;
  return [
    ...eachVector(Math.floor(width / 4), ['vstrwq_s32(line, vdupq_n_s32(zero));', 'line += 4;']),
    ...(back ? [`vstrwq_s32(line - ${4 - back}, vdupq_n_s32(zero));`] : []),
  ];
}

function eachVector(count: number, body: readonly string[]): string[] {
  return count === 1 ? [...body] : [`for (int i = ${count}; i > 0; i--) {`, ...body, '}'];
}

/** Vectors per turn: as many as share their weights, up to four. */
function outputRow(conv: Depthwise): string[] {
  const { outWidth } = conv.geometry;
  const vectors = Math.ceil(outWidth / 4);
  const exact = outWidth % 4 === 0;
  const group = exact
    ? ([4, 3, 2].find((n) => vectors % n === 0) ?? Math.min(4, vectors))
    : Math.min(4, vectors);
  const turns = exact ? Math.floor(vectors / group) : Math.floor((vectors - 1) / group);
  const left = vectors - turns * group;
  const lanesLeft = outWidth - turns * group * 4;
  return [
    ...(turns > 1
      ? [
          `for (int h = 0; h < ${turns * group * 4}; h += ${4 * group}) {`,
          ...vectorsOf(conv, { count: group, first: 'h', lanes: 4 * group }),
          '}',
        ]
      : turns
        ? ['{', ...vectorsOf(conv, { count: group, first: '0', lanes: 4 * group }), '}']
        : []),
    ...(left
      ? ['{', ...vectorsOf(conv, { count: left, first: String(turns * group * 4), lanes: lanesLeft }), '}']
      : []),
  ];
}

interface Vectors {
  readonly count: number;
  /** C expression: the first output. */
  readonly first: string;
  readonly lanes: number;
}

function vectorsOf({ geometry, plan }: Depthwise, { count, first, lanes }: Vectors): string[] {
  const { kernelHeight, kernelWidth, strideX } = geometry;
  const load = (offset: number): string =>
    strideX === 1 ? `vldrwq_s32(c + ${offset})` : `vldrwq_gather_shifted_offset_s32(c + ${offset}, from)`;
  return [
    `const int32_t *c = lines + ${first} * ${strideX};`,
    `int32x4_t ${range(count)
      .map((i) => `a${i} = vdupq_n_s32(bias)`)
      .join(', ')};`,
    ...range(kernelHeight).flatMap((u) => [
      'KEEP(c);',
      ...range(kernelWidth).flatMap((v) => [
        '{',
        `const int32_t t = k[${u * kernelWidth + v}];`,
        ...range(count).map((i) => `a${i} = vmlaq_n_s32(a${i}, ${load(v + 4 * i * strideX)}, t);`),
        '}',
      ]),
      ...(u < kernelHeight - 1 ? [`c += ${lineWords(geometry)};`] : []),
    ]),
    ...range(count).map((i) =>
      storeLanes(`y + ${first} + ${4 * i}`, requantVector(plan, `a${i}`), Math.min(4, lanes - 4 * i)),
    ),
  ];
}
