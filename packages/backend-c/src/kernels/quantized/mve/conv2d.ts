import type { CFunction } from '../../../kernel.ts';
import { type ConvGeometry, geometryName, isPointwise } from '../../conv-geometry.ts';
import { heldRows } from '../held-rows.ts';
import type { Int8Layer } from '../int8-layer.ts';
import { clearLastVectors, pixelOffsets, pointwiseColumns, scatterPixels } from './columns.ts';
import { columnBytes, gemmLines, gemmNeeds } from './gemm.ts';
import { mvePrelude } from './prelude.ts';

/** Pixels per block. */
const BLOCK = 16;

/** Pixels that lie in a row for the blocks: all of a 1x1 convolution, one row of any other. */
function run(geometry: ConvGeometry): number {
  return isPointwise(geometry) ? geometry.outHeight * geometry.outWidth : geometry.outWidth;
}

export function mveConvFits({ batch, strideX }: ConvGeometry): boolean {
  return batch === 1 && strideX <= 16;
}

/** The convolution of one group. */
function ofGroup(geometry: ConvGeometry): ConvGeometry {
  const { channels, m, group } = geometry;
  return { ...geometry, channels: channels / group, m: m / group, group: 1 };
}

/** Bytes of `col`, with the held rows after it; the vectors that move them reach into zero points after them. */
export function mveConvScratch(geometry: ConvGeometry): number {
  const columns = columnBytes(geometry.inner, Math.min(BLOCK, run(geometry)));
  return columns + (isPointwise(geometry) ? 0 : heldRows(ofGroup(geometry), 8).bytes + 32);
}

/** Weights [m][inner] unchanged, with space for a whole vector after the last. */
export function packMveConv(weight: Int8Array): Int8Array {
  const packed = new Int8Array(weight.length + 15);
  packed.set(weight);
  return packed;
}

/**
 * Convolution as a matrix product: up to 16 pixels are turned once to [pixel][k] in `col` by scattered stores, then every
 * output channel takes 16 multiply-accumulates an instruction, four pixels to a vector of accumulators.
 */
export function mveConv2d(conv: Int8Layer): CFunction {
  const { geometry } = conv;
  const pixels = Math.min(BLOCK, run(geometry));
  return {
    hint: `q_conv_${geometryName(geometry)}${geometry.group > 1 ? `_g${geometry.group}` : ''}`,
    needs: [mvePrelude, gemmNeeds(geometry.inner)],
    params: ['const int8_t *x', 'const int8_t *w', 'const int32_t *q', 'int8_t *y', 'int8_t *col'],
    body: [...pixelOffsets(geometry.inner), ...clearLastVectors(geometry.inner, pixels), ...overGroups(conv)],
  };
}

/** Group after group, each with its channels of x and y, its weights and its table. */
function overGroups(conv: Int8Layer): string[] {
  const { geometry, plan } = conv;
  const { group, height, width, outHeight, outWidth, inner } = geometry;
  const one = ofGroup(geometry);
  const pointwise = isPointwise(geometry);
  const body = (pointwise ? blocks : outputRows)({ ...conv, geometry: one });
  if (group === 1) return body;
  // rows of outputs have moved y by a plane
  const planes = pointwise ? one.m : one.m - 1;
  return [
    `for (int g = 0; g < ${group}; g++) {`,
    ...body,
    `x += ${one.channels * height * width};`,
    `w += ${one.m * inner};`,
    `q += ${one.m * plan.words};`,
    `y += ${planes * outHeight * outWidth};`,
    '}',
  ];
}

/** Blocks of 16 pixels and one of the pixels left over; with 16 and more, it steps back to whole vectors of outputs. */
function blocks(conv: Int8Layer): string[] {
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

function block({ geometry, plan }: Int8Layer, pixels: number): string[] {
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

function outputRows(conv: Int8Layer): string[] {
  const { geometry, xZeroPoint } = conv;
  const { strideY, strideX, padTop, outHeight, outWidth } = geometry;
  const { rows, bytes } = heldRows(geometry, 8);
  const columns = columnBytes(geometry.inner, Math.min(BLOCK, outWidth));
  return [
    `int8_t *const rows = col + ${columns};`,
    `for (int i = 0; i < ${bytes + 16}; i += 16) {`,
    `vstrbq_s8(rows + i, vdupq_n_s8(${xZeroPoint}));`,
    '}',
    ...(strideX === 1 ? [] : [`const uint16x8_t from = vmulq_n_u16(lane, ${strideX});`]),
    `int row = ${-padTop};`,
    `for (int v = 0; v < ${outHeight}; v++) {`,
    `for (; row < v * ${strideY} + ${rows - padTop}; row++) {`,
    ...nextRow(conv),
    '}',
    ...blocks(conv),
    `y += ${outWidth};`,
    '}',
  ];
}

/** Moves all rows up by one and puts input row `row` after them. */
function nextRow({ geometry, xZeroPoint }: Int8Layer): string[] {
  const { channels, height, width, padLeft } = geometry;
  const { rows, rowBytes, bytes } = heldRows(geometry, 8);
  const rest = width % 16;
  const whole = width - rest;
  const copy = (at: string, end: string): string[] =>
    end
      ? [`vstrbq_p_s8(to + ${at}, inside ? vldrbq_z_s8(s + ${at}, ${end}) : zeros, ${end});`]
      : [`vstrbq_s8(to + ${at}, inside ? vldrbq_s8(s + ${at}) : zeros);`];
  return [
    `for (int i = 0; i < ${bytes - rowBytes}; i += 16) {`,
    `vstrbq_s8(rows + i, vldrbq_s8(rows + i + ${rowBytes}));`,
    '}',
    `const int inside = row >= 0 && row < ${height};`,
    `const int8x16_t zeros = vdupq_n_s8(${xZeroPoint});`,
    ...(rest ? [`const mve_pred16_t end = vctp8q(${rest});`] : []),
    `int8_t *to = rows + ${(rows - 1) * rowBytes + padLeft};`,
    `const int8_t *s = x + (inside ? row : 0) * ${width};`,
    `for (int i = 0; i < ${channels}; i++) {`,
    ...(whole ? [`for (int h = 0; h < ${whole}; h += 16) {`, ...copy('h', ''), '}'] : []),
    ...(rest ? copy(String(whole), 'end') : []),
    `to += ${rows * rowBytes};`,
    `s += ${height * width};`,
    '}',
  ];
}

/** Fills `col` from the held rows: element (channel, u, v) of up to 16 windows. */
function windowColumns(geometry: ConvGeometry, pixels: number): string[] {
  const { channels, kernelHeight, kernelWidth, strideX, dilationY, dilationX, inner } = geometry;
  const { rows, rowBytes } = heldRows(geometry, 8);
  const at = (first: number): string => `s + v * ${dilationX}${first ? ` + ${first * strideX}` : ''}`;
  return [
    'int8_t *c = col;',
    'int k = 0;',
    `for (int i = 0; i < ${channels}; i++) {`,
    `const int8_t *s = rows + i * ${rows * rowBytes} + p * ${strideX};`,
    `for (int u = 0; u < ${kernelHeight}; u++) {`,
    `for (int v = 0; v < ${kernelWidth}; v++) {`,
    ...scatterPixels({ k: inner, pixels }, (first) =>
      strideX === 1 ? `vldrbq_s16(${at(first)})` : `vldrbq_gather_offset_s16(${at(first)}, from)`,
    ),
    'k++;',
    'c += k % 16 == 0 ? 49 : 1;',
    '}',
    `s += ${dilationY * rowBytes};`,
    '}',
    '}',
  ];
}
