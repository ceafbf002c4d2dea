import type { CFunction } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import { type ConvGeometry, geometryName, insideTest, isPointwise } from '../../conv-geometry.ts';
import { overImages } from '../../over-images.ts';
import type { Int8Layer } from '../int8-layer.ts';
import { BLOCK, columnWords, gemmLines } from './gemm.ts';
import { addRowPrelude } from './pair-sums.ts';
import { scalarPrelude } from './prelude.ts';

/** Taps of a window that are unrolled; of a larger one, those of a row. */
const MAX_UNROLLED = 25;

/** Is there a kernel for this geometry? Blocks of pixels are in one row, or anywhere in the plane of a 1x1 convolution. */
export function scalarConvFits(geometry: ConvGeometry): boolean {
  const { group, outHeight, outWidth, kernelWidth } = geometry;
  if (group > 1) return false;
  if (isPointwise(geometry)) return outHeight * outWidth >= BLOCK;
  return outWidth >= BLOCK && kernelWidth <= MAX_UNROLLED;
}

/** Bytes of `col`. */
export function scalarConvScratch({ inner }: ConvGeometry): number {
  return 4 * columnWords(inner);
}

/**
 * Convolution as a matrix product: the windows of four pixels are written to `col` as pairs once, then used
 * by every channel.
 */
export function scalarConv2d(conv: Int8Layer, rows: number): CFunction {
  const { geometry } = conv;
  return {
    hint: `q_conv_${geometryName(geometry)}`,
    needs: [scalarPrelude, ...(rows === 1 ? [addRowPrelude] : [])],
    params: ['const int8_t *x', 'const int8_t *w', 'const int32_t *q', 'int8_t *y', 'int32_t *col'],
    body: overImages(geometry, {
      residual: false,
      body: isPointwise(geometry) ? planeLines(conv, rows) : rowLines(conv, rows),
    }),
  };
}

/** The last block steps back to end with the plane. */
function planeLines(conv: Int8Layer, rows: number): string[] {
  const { height, width, channels } = conv.geometry;
  const pixels = height * width;
  return [
    ...blocks(pixels, [
      '{',
      'const int8_t *s = x + p;',
      'int32_t *c = col;',
      `for (int k = 0; k < ${channels}; k++) {`,
      'c[0] = pair_of(s[0], s[1]);',
      'c[1] = pair_of(s[2], s[3]);',
      `s += ${pixels};`,
      'c += 2;',
      '}',
      ...padding(channels),
      '}',
      'int8_t *const yp = y + p;',
      ...product(conv, rows),
    ]),
  ];
}

function product({ geometry, plan }: Int8Layer, rows: number): string[] {
  const { m, inner, outHeight, outWidth } = geometry;
  return gemmLines({ m, k: inner, plane: outHeight * outWidth, plan, rows });
}

/** `p`: first pixel of each block of `count` pixels. */
function blocks(count: number, body: readonly string[]): string[] {
  const last = count - BLOCK;
  return [
    `for (int b = 0; b < ${count}; b += ${BLOCK}) {`,
    count % BLOCK ? `const int p = b < ${last} ? b : ${last};` : 'const int p = b;',
    ...body,
    '}',
  ];
}

/** Words that only the unrolled loop reads: their weights are zero. */
function padding(k: number): string[] {
  return range(columnWords(k) - 2 * k).map((i) => `col[${2 * k + i}] = 0;`);
}

function rowLines(conv: Int8Layer, rows: number): string[] {
  const { outHeight, outWidth, strideY, padTop } = conv.geometry;
  return [
    `for (int v = 0; v < ${outHeight}; v++) {`,
    `const int top = v * ${strideY} - ${padTop};`,
    ...blocks(outWidth, [
      ...windows(conv),
      `int8_t *const yp = y + v * ${outWidth} + p;`,
      ...product(conv, rows),
    ]),
    '}',
  ];
}

/** Windows inside the image without tests; at the edge, elements outside are the zero point. */
function windows({ geometry, xZeroPoint }: Int8Layer): string[] {
  const {
    channels,
    height,
    width,
    kernelHeight,
    kernelWidth,
    dilationY,
    dilationX,
    strideX,
    padLeft,
    inner,
  } = geometry;
  const inside = insideTest(geometry, 2);
  const isUnrolled = kernelHeight * kernelWidth <= MAX_UNROLLED;
  const taps = range(isUnrolled ? kernelHeight : 1).flatMap((u) =>
    range(kernelWidth).map((v) => u * dilationY * width + v * dilationX),
  );
  const copies = [
    ...taps.map((at, tap) => `c[${2 * tap}] = pair_of(s[${at}], s[${at + strideX}]);`),
    `s += ${isUnrolled ? height * width : dilationY * width};`,
    `c += ${2 * taps.length};`,
  ];
  const rows = isUnrolled
    ? copies
    : [
        `for (int u = 0; u < ${kernelHeight}; u++) {`,
        ...copies,
        '}',
        `s += ${(height - kernelHeight * dilationY) * width};`,
      ];
  const value = (column: string): string =>
    `${column} >= 0 && ${column} < ${width} && row >= 0 && row < ${height} ? s[row * ${width} + ${column}] : ${xZeroPoint}`;
  return [
    'for (int pair = 0; pair < 2; pair++) {',
    `const int left = (p + 2 * pair) * ${strideX} - ${padLeft};`,
    'int32_t *c = col + pair;',
    'const int8_t *s = x;',
    ...(inside !== '0'
      ? [
          `if (${inside}) {`,
          `s += top * ${width} + left;`,
          `for (int i = 0; i < ${channels}; i++) {`,
          ...rows,
          '}',
          'continue;',
          '}',
        ]
      : []),
    `for (int i = 0; i < ${channels}; i++) {`,
    `for (int u = 0; u < ${kernelHeight}; u++) {`,
    `const int row = top + u * ${dilationY};`,
    `for (int column = left; column < left + ${kernelWidth * dilationX}; column += ${dilationX}) {`,
    `const int next = column + ${strideX};`,
    `const int32_t low = ${value('column')};`,
    `const int32_t high = ${value('next')};`,
    '*c = pair_of(low, high);',
    'c += 2;',
    '}',
    '}',
    `s += ${height * width};`,
    '}',
    '}',
    ...padding(inner),
  ];
}
