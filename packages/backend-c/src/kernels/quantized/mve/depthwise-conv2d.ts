import type { CFunction } from '../../../kernel.ts';
import { type ConvGeometry, isUnrolled } from '../../conv-geometry.ts';
import { range } from '../../gemm-block.ts';
import { type Depthwise, planeByPlane } from '../plane-by-plane.ts';
import { mvePrelude } from './prelude.ts';
import { requantConstants, requantVector, storeLanes } from './requant-text.ts';

export function mveDepthwiseFits(geometry: ConvGeometry): boolean {
  const { dilationX, dilationY, kernelHeight, strideX } = geometry;
  const isSmall = isUnrolled(geometry) && kernelHeight <= 7 && strideX <= 16;
  return isSmall && dilationX === 1 && dilationY === 1;
}

/** Most bytes of lines, where a few rows of them do. */
const MAX_LINES = 4096;

/** Most rows of outputs at once: their sums, a vector of pixels and constants are in registers. */
const MAX_GROUP = 4;

/** Most weights that are kept in registers over a plane. */
const KEPT = 9;

/** Padded lines in words, and the output rows that are computed from them. */
interface Lines {
  /** Pixels whose columns are equal modulo the stride lie together, so that windows side by side read a vector. */
  readonly phaseWords: number;
  readonly words: number;
  readonly count: number;
  /** Output rows between two moves of the lines. */
  readonly chunk: number;
  /** Output rows that share the pixels they load. */
  readonly group: number;
}

function linesOf(geometry: ConvGeometry): Lines {
  const { padLeft, width, outWidth, outHeight, strideX, strideY, kernelWidth, kernelHeight } = geometry;
  const lastWindow = Math.max(outWidth, 4) - 1 + Math.floor((kernelWidth - 1) / strideX);
  const phaseWords = Math.max(Math.ceil((padLeft + width) / strideX), lastWindow + 1);
  const linesFor = (rows: number): number => (rows - 1) * strideY + kernelHeight;
  const group = bestGroup(geometry);
  const whole = phaseWords * strideX;
  if (4 * whole * linesFor(outHeight) <= MAX_LINES)
    return { phaseWords, words: whole, count: linesFor(outHeight), chunk: outHeight, group };
  // lines that move are whole vectors
  const words = Math.ceil(whole / 4) * 4;
  const fitting = Math.floor((MAX_LINES / (4 * words) - kernelHeight) / strideY) + 1;
  const chunk = Math.min(Math.max(group, fitting - (fitting % group)), outHeight);
  return { phaseWords, words, count: linesFor(chunk), chunk, group };
}

/** The number of rows at once that takes the fewest instructions; the last ones step back to end with the plane. */
function bestGroup({ outHeight, strideY, kernelHeight, kernelWidth }: ConvGeometry): number {
  const cost = (rows: number): number => {
    const loads = ((rows - 1) * strideY + kernelHeight) * (kernelWidth + 1);
    return Math.ceil(outHeight / rows) * (loads + rows * (kernelHeight * kernelWidth + 10) + 5);
  };
  const choices = range(Math.min(MAX_GROUP, outHeight)).map((i) => i + 1);
  return choices.reduce((best, next) => (cost(next) <= cost(best) ? next : best), 1);
}

/** Bytes of the lines. */
export function mveDepthwiseScratch(geometry: ConvGeometry): number {
  const { words, count } = linesOf(geometry);
  return 4 * words * count;
}

/**
 * Depthwise convolution, four outputs to a vector. Lines hold padded input rows, widened to int32; a vector of a line is
 * loaded once for the output rows of a group, and the weights stay in registers if there are few.
 */
export function mveDepthwiseConv2d(conv: Depthwise): CFunction {
  const { geometry, plan, xZeroPoint } = conv;
  const { strideX, kernelHeight, kernelWidth } = geometry;
  const lines = linesOf(geometry);
  const taps = kernelHeight * kernelWidth;
  const body = [
    ...(strideX === 1 || Math.ceil(geometry.width / strideX) < 4
      ? []
      : [`const uint32x4_t from = vmulq_n_u32(vidupq_n_u32(0, 1), ${strideX});`, '(void)from;']),
    ...(taps <= KEPT ? range(taps).map((tap) => `const int32_t k${tap} = w[${tap}];`) : []),
    ...requantConstants(plan, 'q', { offset: 'given' }),
    'int32x4_t start = vdupq_n_s32(bias);',
    'HOLD(start);',
    ...(lines.chunk === geometry.outHeight ? plane(conv, lines) : chunks(conv, lines)),
  ];
  const padding = { name: 'zero', value: String(xZeroPoint) };
  return planeByPlane(conv, {
    needs: mvePrelude,
    body,
    padding,
    lineWords: lines.words,
    lines: lines.count,
  });
}

/** All input rows at once: lines outside the image are never written. */
function plane(conv: Depthwise, lines: Lines): string[] {
  const { geometry } = conv;
  const { padTop, height } = geometry;
  const last = Math.min(height, lines.count - padTop);
  return [
    'const int8_t *s = x;',
    `int32_t *line = lines + ${padTop * lines.words};`,
    `for (int row = 0; row < ${last}; row++) {`,
    ...copyRow(geometry, lines),
    `s += ${geometry.width};`,
    `line += ${lines.words};`,
    '}',
    ...outputRows(conv, lines),
  ];
}

/** Some output rows, then the lines that the next ones need move up; the last rows step back to end with the plane. */
function chunks(conv: Depthwise, lines: Lines): string[] {
  const { geometry } = conv;
  const { height, width, outWidth, outHeight, strideY, padTop } = geometry;
  const { words, count, chunk } = lines;
  const last = outHeight - chunk;
  return [
    'int held = 0;',
    `int row = ${-padTop};`,
    'int v = 0;',
    'for (;;) {',
    `for (; held < ${count}; held++, row++) {`,
    `int32_t *line = lines + held * ${words};`,
    `if (row >= 0 && row < ${height}) {`,
    `const int8_t *s = x + row * ${width};`,
    ...copyRow(geometry, lines),
    '} else {',
    `for (int i = 0; i < ${words}; i += 4) {`,
    'vstrwq_s32(line + i, vdupq_n_s32(zero));',
    '}',
    '}',
    '}',
    ...outputRows(conv, lines),
    `if (v == ${last}) {`,
    'break;',
    '}',
    `const int step = v + ${chunk} < ${last} ? ${chunk} : ${last} - v;`,
    `const int gone = step * ${strideY} < held ? step * ${strideY} : held;`,
    `row += step * ${strideY} - gone;`,
    'held -= gone;',
    `for (int i = 0; i < held * ${words}; i += 4) {`,
    `vstrwq_s32(lines + i, vldrwq_s32(lines + gone * ${words} + i));`,
    '}',
    `y += step * ${outWidth};`,
    'v += step;',
    '}',
  ];
}

/** Row `s` of x into `line`, phase by phase; the last vector of each steps back to end with it. */
function copyRow({ width, padLeft, strideX }: ConvGeometry, { phaseWords }: Lines): string[] {
  return range(strideX).flatMap((phase) => {
    const first = (phase - (padLeft % strideX) + strideX) % strideX;
    const count = Math.ceil((width - first) / strideX);
    const to = phase * phaseWords + Math.floor((padLeft + first) / strideX);
    return copyPhase({ count, first, to, step: strideX });
  });
}

interface Phase {
  readonly count: number;
  readonly first: number;
  readonly to: number;
  readonly step: number;
}

/** Vectors of a row that are not in a loop. */
const UNROLLED = 4;

function copyPhase({ count, first, to, step }: Phase): string[] {
  if (count < 4) return range(count).map((i) => `line[${to + i}] = s[${first + i * step}];`);
  const store = (at: string, i: number | string): string => {
    const from = typeof i === 'number' ? `s + ${first + i * step}` : `s + ${first} + ${i} * ${step}`;
    const load = step === 1 ? `vldrbq_s32(${from})` : `vldrbq_gather_offset_s32(${from}, from)`;
    return `vstrwq_s32(line + ${at}, ${load});`;
  };
  const vectors = Math.floor(count / 4);
  const back = count % 4 ? [store(String(to + count - 4), count - 4)] : [];
  if (vectors <= UNROLLED) return [...range(vectors).map((i) => store(String(to + 4 * i), 4 * i)), ...back];
  return [`for (int i = 0; i < ${4 * vectors}; i += 4) {`, store(`${to} + i`, 'i'), '}', ...back];
}

/** The output rows of the lines, by groups of rows and vectors of pixels; the last ones step back. */
function outputRows(conv: Depthwise, { chunk, group, words, phaseWords }: Lines): string[] {
  const { outWidth, strideY } = conv.geometry;
  const lastRow = chunk - group;
  const lastPixel = outWidth - 4;
  return [
    `for (int r = 0; r < ${chunk}; r += ${group}) {`,
    chunk % group ? `const int g = r < ${lastRow} ? r : ${lastRow};` : 'const int g = r;',
    ...(lastPixel > 0
      ? [
          `for (int i = 0; i < ${outWidth}; i += 4) {`,
          outWidth % 4 ? `const int h = i < ${lastPixel} ? i : ${lastPixel};` : 'const int h = i;',
          `const int32_t *c = lines + g * ${strideY * words} + h;`,
          `int8_t *const yv = y + g * ${outWidth} + h;`,
          ...vectors(conv, { group, words, phaseWords }),
          '}',
        ]
      : [
          `const int32_t *c = lines + g * ${strideY * words};`,
          `int8_t *const yv = y + g * ${outWidth};`,
          ...vectors(conv, { group, words, phaseWords }),
        ]),
    '}',
  ];
}

/** A vector of outputs of each row of a group. */
function vectors(
  { geometry, plan }: Depthwise,
  { group, words, phaseWords }: Pick<Lines, 'group' | 'words' | 'phaseWords'>,
): string[] {
  const { kernelHeight, kernelWidth, strideX, strideY, outWidth } = geometry;
  const kept = kernelHeight * kernelWidth <= KEPT;
  const lines = (group - 1) * strideY + kernelHeight;
  const line = (i: number): string[] => {
    const users = range(group)
      .map((row) => ({ row, u: i - row * strideY }))
      .filter(({ u }) => u >= 0 && u < kernelHeight);
    return [
      'KEEP(c);',
      ...range(kernelWidth).flatMap((v) => [
        '{',
        `const int32x4_t xv = vldrwq_s32(c + ${(v % strideX) * phaseWords + Math.floor(v / strideX)});`,
        ...users.map(({ row, u }) => {
          const tap = u * kernelWidth + v;
          return `a${row} = vmlaq_n_s32(a${row}, xv, ${kept ? `k${tap}` : `w[${tap}]`});`;
        }),
        '}',
      ]),
      ...(i < lines - 1 ? [`c += ${words};`] : []),
    ];
  };
  return [
    `int32x4_t ${range(group)
      .map((row) => `a${row} = start`)
      .join(', ')};`,
    ...range(lines).flatMap(line),
    ...range(group).map((row) =>
      storeLanes(
        row ? `yv + ${row * outWidth}` : 'yv',
        requantVector(plan, `a${row}`),
        Math.min(4, outWidth),
      ),
    ),
  ];
}
