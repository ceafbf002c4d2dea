import type { CFunction } from '../../../kernel.ts';
import { type ConvGeometry, geometryName, isPointwise } from '../../conv-geometry.ts';
import type { RequantPlan } from '../requant-plan.ts';
import { clearLastVectors, pixelOffsets, pointwiseColumns, scatterPixels } from './columns.ts';
import { columnBytes, gemmLines } from './gemm.ts';
import { mvePrelude } from './prelude.ts';

export interface MveConv {
  readonly geometry: ConvGeometry;
  readonly xZeroPoint: number;
  readonly plan: RequantPlan;
}

/** Pixels per block. */
const BLOCK = 16;

/** Pixels that lie in a row for the blocks: all of a 1x1 convolution, one row of any other. */
function run(geometry: ConvGeometry): number {
  return isPointwise(geometry) ? geometry.outHeight * geometry.outWidth : geometry.outWidth;
}

/** A padded copy of the input rows under one output row: [channel][kernel row][rowBytes]. */
function rowBytes({ padLeft, width, outWidth, strideX, kernelWidth, dilationX }: ConvGeometry): number {
  const lastBlock = Math.ceil(outWidth / 8) * 8;
  return Math.max(padLeft + width, (lastBlock - 1) * strideX + (kernelWidth - 1) * dilationX + 1);
}

export function mveConvFits({ batch, group, strideX }: ConvGeometry): boolean {
  return batch === 1 && group === 1 && strideX <= 16;
}

/** Bytes of `col`, with the padded rows behind it. */
export function mveConvScratch(geometry: ConvGeometry): number {
  const columns = columnBytes(geometry.inner, Math.min(BLOCK, run(geometry)));
  const rows = isPointwise(geometry) ? 0 : geometry.channels * geometry.kernelHeight * rowBytes(geometry);
  return columns + Math.ceil(rows / 16) * 16;
}

/** Weights [m][inner] as they are, with room for a whole vector behind the last. */
export function packMveConv(weight: Int8Array): Int8Array {
  const packed = new Int8Array(weight.length + 15);
  packed.set(weight);
  return packed;
}

/**
 * Convolution as a matrix product: up to 16 pixels are turned once to [pixel][k] in `col` by scattered stores, then every
 * output channel takes 16 multiply-accumulates an instruction, four pixels to a vector of accumulators.
 */
export function mveConv2d(conv: MveConv): CFunction {
  const { geometry } = conv;
  const pixels = Math.min(BLOCK, run(geometry));
  return {
    hint: `q_conv_${geometryName(geometry)}`,
    needs: [mvePrelude],
    params: ['const int8_t *x', 'const int8_t *w', 'const int32_t *q', 'int8_t *y', 'int8_t *col'],
    body: [
      ...pixelOffsets(geometry.inner),
      ...clearLastVectors(geometry.inner, pixels),
      ...(isPointwise(geometry) ? blocks(conv) : outputRows(conv)),
    ],
  };
}

/** Blocks of 16 pixels and one of the pixels left over; with 16 and more, it steps back to whole vectors of outputs. */
function blocks(conv: MveConv): string[] {
  const total = run(conv.geometry);
  const whole = Math.floor(total / BLOCK);
  const left = total - whole * BLOCK;
  const last = total >= BLOCK ? Math.ceil(left / 4) * 4 : left;
  return [
    ...(whole > 1
      ? [`for (int p = 0; p < ${whole * BLOCK}; p += ${BLOCK}) {`, ...block(conv, BLOCK), '}']
      : whole
        ? ['{', 'const int p = 0;', ...block(conv, BLOCK), '}']
        : []),
    ...(left ? ['{', `const int p = ${total - last};`, ...block(conv, last), '}'] : []),
  ];
}

function block({ geometry, plan }: MveConv, pixels: number): string[] {
  const { inner, m, outHeight, outWidth } = geometry;
  const fill = isPointwise(geometry) ? pointwiseColumns : windowColumns;
  return [
    '{',
    ...fill(geometry, pixels),
    '}',
    'int8_t *const yp = y + p;',
    ...gemmLines({ m, k: inner, pixels, plane: outHeight * outWidth, plan }),
  ];
}

function outputRows(conv: MveConv): string[] {
  const { geometry, xZeroPoint } = conv;
  const { channels, kernelHeight, height, width, strideY, dilationY, padTop, padLeft, outHeight, outWidth } =
    geometry;
  const bytes = rowBytes(geometry);
  const columns = columnBytes(geometry.inner, Math.min(BLOCK, outWidth));
  return [
    `int8_t *const rows = col + ${columns};`,
    `memset(rows, ${xZeroPoint}, ${channels * kernelHeight * bytes});`,
    `for (int v = 0; v < ${outHeight}; v++) {`,
    `for (int u = 0; u < ${kernelHeight}; u++) {`,
    `const int row = v * ${strideY} + u * ${dilationY} - ${padTop};`,
    `for (int i = 0; i < ${channels}; i++) {`,
    `int8_t *const to = rows + (i * ${kernelHeight} + u) * ${bytes} + ${padLeft};`,
    `if (row >= 0 && row < ${height}) {`,
    `memcpy(to, x + (i * ${height} + row) * ${width}, ${width});`,
    '} else {',
    `memset(to, ${xZeroPoint}, ${width});`,
    '}',
    '}',
    '}',
    ...(strideOf(geometry) === 1 ? [] : [`const uint16x8_t from = vmulq_n_u16(lane, ${geometry.strideX});`]),
    ...blocks(conv),
    `y += ${outWidth};`,
    '}',
  ];
}

function strideOf({ strideX }: ConvGeometry): number {
  return strideX;
}

/** Fills `col` from the padded rows: element (channel, u, v) of up to 16 windows. */
function windowColumns(geometry: ConvGeometry, pixels: number): string[] {
  const { channels, kernelHeight, kernelWidth, strideX, dilationX, inner } = geometry;
  const bytes = rowBytes(geometry);
  const at = (first: number): string => `s + v * ${dilationX}${first ? ` + ${first * strideX}` : ''}`;
  return [
    `const int8_t *s = rows + p * ${strideX};`,
    'int8_t *c = col;',
    'int k = 0;',
    `for (int i = 0; i < ${channels * kernelHeight}; i++) {`,
    `for (int v = 0; v < ${kernelWidth}; v++) {`,
    ...scatterPixels({ k: inner, pixels }, (first) =>
      strideX === 1 ? `vldrbq_s16(${at(first)})` : `vldrbq_gather_offset_s16(${at(first)}, from)`,
    ),
    'k++;',
    'c += k % 16 == 0 ? 49 : 1;',
    '}',
    `s += ${bytes};`,
    '}',
  ];
}
