import { type CFunction, helperName } from '../../../kernel.ts';
import { type ConvGeometry, geometryName, planeName } from '../../conv-geometry.ts';
import { range } from '../../gemm-block.ts';
import { type RequantPlan, requantTerms } from '../requant-plan.ts';
import { mvePrelude } from './prelude.ts';
import { requantConstants, requantVector, storeLanes } from './requant-text.ts';

export interface MveDepthwise {
  readonly geometry: ConvGeometry;
  /** Output channels per input channel; the last input channels may have none. */
  readonly multiplier: number;
  readonly xZeroPoint: number;
  readonly plan: RequantPlan;
}

export function mveDepthwiseFits({ dilationX, dilationY, kernelHeight, strideX }: ConvGeometry): boolean {
  return dilationX === 1 && dilationY === 1 && kernelHeight <= 7 && strideX <= 16;
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
 * Depthwise convolution, channel by channel, four outputs to a vector. A ring of as many lines as the window has rows
 * holds the padded input rows, widened to int32; the weights are kept twice in a row, so that the window's first row can be any line.
 * Layers with planes of one geometry share the code for a plane.
 */
export function mveDepthwiseConv2d(conv: MveDepthwise): CFunction {
  const { geometry } = conv;
  const plane = planeFunction(conv);
  return {
    hint: `q_dw_${geometryName(geometry)}`,
    needs: [mvePrelude],
    params: ['const int8_t *x', 'const int8_t *w', 'const int32_t *q', 'int8_t *y', 'int32_t *lines'],
    body: channelLoops(conv, plane.params),
    helpers: [plane],
  };
}

/** One channel; the zero point of x is a parameter where it is used. */
function planeFunction(conv: MveDepthwise): CFunction {
  const { geometry, plan } = conv;
  const { kernelHeight, kernelWidth, strideX } = geometry;
  const taps = kernelHeight * kernelWidth;
  const body = [
    `int8_t ring[${(2 * kernelHeight - 1) * kernelWidth}];`,
    ...(strideX === 1 ? [] : [`const uint32x4_t from = vmulq_n_u32(vidupq_n_u32(0, 1), ${strideX});`]),
    `memcpy(ring, w, ${taps});`,
    `memcpy(ring + ${taps}, w, ${taps - kernelWidth});`,
    ...requantConstants(plan, 'q', 'given'),
    ...rows(conv),
  ];
  return {
    hint: `q_plane_${planeName(geometry)}`,
    needs: [mvePrelude],
    params: [
      'const int8_t *x',
      'const int8_t *w',
      'const int32_t *q',
      'int8_t *y',
      'int32_t *lines',
      'int32_t offset',
      ...(body.some((text) => /\bzero\b/.test(text)) ? ['int32_t zero'] : []),
    ],
    body,
  };
}

/** Calls `plane` for every output channel of every image. */
function channelLoops(
  { geometry, multiplier, xZeroPoint, plan }: MveDepthwise,
  plane: readonly string[],
): string[] {
  const { batch, channels, m, height, width, kernelHeight, kernelWidth, outHeight, outWidth } = geometry;
  const pixels = height * width;
  const args = ['x', 'w', 'q', 'y', 'lines', requantTerms(plan, 'q').offset, String(xZeroPoint)];
  const image = [
    `for (int i = 0; i < ${m}; i++) {`,
    `${helperName(0)}(${args.slice(0, plane.length).join(', ')});`,
    `w += ${kernelHeight * kernelWidth};`,
    `q += ${plan.words};`,
    `y += ${outHeight * outWidth};`,
    multiplier === 1 ? `x += ${pixels};` : `x += i % ${multiplier} == ${multiplier - 1} ? ${pixels} : 0;`,
    '}',
  ];
  const unused = (channels - Math.floor(m / multiplier)) * pixels;
  return [
    `for (int i = 0; i < ${kernelHeight * lineWords(geometry)}; i++) {`,
    `lines[i] = ${xZeroPoint};`,
    '}',
    ...(batch === 1
      ? image
      : [
          `for (int n = 0; n < ${batch}; n++) {`,
          ...image,
          ...(unused ? [`x += ${unused};`] : []),
          `w -= ${m * kernelHeight * kernelWidth};`,
          `q -= ${m * plan.words};`,
          '}',
        ]),
  ];
}

function rows(conv: MveDepthwise): string[] {
  const { geometry } = conv;
  const { kernelHeight, kernelWidth, strideY, padTop, padLeft, height, width, outHeight, outWidth } =
    geometry;
  const back = strideY % kernelHeight;
  return [
    `int row = ${-padTop};`,
    'int slot = 0;',
    'int first = 0;',
    `for (int v = 0; v < ${outHeight}; v++) {`,
    `for (; row < v * ${strideY} + ${kernelHeight - padTop}; row++) {`,
    `int32_t *line = lines + slot * ${lineWords(geometry)} + ${padLeft};`,
    `if (row >= 0 && row < ${height}) {`,
    ...copyRow(width),
    '} else {',
    ...padRow(width),
    '}',
    `slot = slot == ${kernelHeight - 1} ? 0 : slot + 1;`,
    '}',
    `const int8_t *const k = ring + first * ${kernelWidth};`,
    ...outputRow(conv),
    `y += ${outWidth};`,
    ...(back ? [`first = first < ${back} ? first + ${kernelHeight - back} : first - ${back};`] : []),
    '}',
  ];
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
function outputRow(conv: MveDepthwise): string[] {
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

function vectorsOf({ geometry, plan }: MveDepthwise, { count, first, lanes }: Vectors): string[] {
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
