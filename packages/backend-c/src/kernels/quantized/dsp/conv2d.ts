import type { CFunction } from '../../../kernel.ts';
import { type ConvGeometry, geometryName, isPointwise } from '../../conv-geometry.ts';
import { heldRows, writesTrailHeldRows } from '../held-rows.ts';
import type { Int8Layer } from '../int8-layer.ts';
import { channelsPerTurn, heldWindowColumns, pointwiseColumns, windowColumns } from './columns.ts';
import { columnWords, type Gemm, gemmLines, gemmNeeds, packGemmWeights } from './gemm.ts';
import { dspPrelude } from './prelude.ts';
import type { Issue } from './products.ts';

/** Window elements that the interior may be unrolled to. */
const MAX_UNROLLED = 100;

/** Is there a kernel for this geometry? */
export function dspConvFits(geometry: ConvGeometry): boolean {
  const unrolled = channelsPerTurn(geometry) * geometry.kernelHeight * geometry.kernelWidth;
  return unrolled <= MAX_UNROLLED;
}

function blockColumns({ outHeight, outWidth }: ConvGeometry): number {
  return Math.min(4, outHeight * outWidth);
}

/** Does the kernel hold the input rows, so that it may run in place? Rows that are no fours would cost too much. */
export function holdsRows(geometry: ConvGeometry): boolean {
  return !isPointwise(geometry) && geometry.outWidth % 4 === 0 && writesTrailHeldRows(geometry);
}

/** Bytes of `col`, with the held rows after it. */
export function dspConvScratch(geometry: ConvGeometry): number {
  const columns = 4 * columnWords(geometry.inner, blockColumns(geometry));
  return columns + (holdsRows(geometry) ? heldRows(geometry, 1).bytes : 0);
}

/** Weights [m][inner] in the order that the kernel reads, group after group. */
export function packDspConv(weight: Int8Array, { m, group, inner }: ConvGeometry): Int8Array {
  const rows = m / group;
  const groups = Array.from({ length: group }, (_, g) =>
    packGemmWeights(weight.subarray(g * rows * inner, (g + 1) * rows * inner), rows, inner),
  );
  const packed = new Int8Array(groups.reduce((sum, part) => sum + part.length, 0));
  groups.forEach((part, g) => packed.set(part, g * part.length));
  return packed;
}

/**
 * Convolution as a matrix product: the windows of four pixels are widened once to int16 pairs of k in `col`, then every
 * two output channels take two multiply-accumulates an instruction. The last block of pixels steps back to end with the
 * plane.
 */
export function dspConv2d(conv: Int8Layer, issue: Issue): CFunction {
  const { geometry } = conv;
  const { group } = geometry;
  return {
    hint: `q_conv_${geometryName(geometry)}${group > 1 ? `_g${group}` : ''}`,
    needs: [dspPrelude, gemmNeeds(geometry.inner, issue)],
    params: ['const int8_t *x', 'const int32_t *w', 'const int32_t *q', 'int8_t *y', 'int32_t *col'],
    body: holdsRows(geometry) ? rowLines(conv) : overImages(conv, planeLines(conv)),
  };
}

function overImages({ geometry, plan }: Int8Layer, body: string[]): string[] {
  const { batch, group, channels, height, width, m, outHeight, outWidth } = geometry;
  if (batch * group === 1) return body;
  const rows = m / group;
  const words = Math.ceil(rows / 2) * columnWords(geometry.inner, 1);
  const step = [`x += ${(channels / group) * height * width};`, `y += ${rows * outHeight * outWidth};`];
  const perGroup =
    group === 1
      ? [...body, ...step]
      : [
          'const int32_t *const w0 = w;',
          'const int32_t *const q0 = q;',
          `for (int g = 0; g < ${group}; g++) {`,
          ...body,
          ...step,
          `w += ${words};`,
          `q += ${rows * plan.words};`,
          '}',
          'w = w0;',
          'q = q0;',
        ];
  return batch === 1 ? perGroup : [`for (int n = 0; n < ${batch}; n++) {`, ...perGroup, '}'];
}

function planeLines({ geometry, xZeroPoint, plan }: Int8Layer): string[] {
  const pixels = geometry.outHeight * geometry.outWidth;
  const columns = blockColumns(geometry);
  const gemm: Gemm = { m: geometry.m / geometry.group, k: geometry.inner, columns, plane: pixels, plan };
  const fill = isPointwise(geometry) ? pointwiseColumns : windowColumns;
  const last = pixels - columns;
  return [
    `for (int b = 0; b < ${pixels}; b += ${columns}) {`,
    pixels % columns ? `const int p = b < ${last} ? b : ${last};` : 'const int p = b;',
    '{',
    ...fill({ geometry, columns, xZeroPoint }),
    '}',
    'int8_t *const yp = y + p;',
    ...gemmLines(gemm),
    '}',
  ];
}

/** Row after row from held rows. */
function rowLines({ geometry, xZeroPoint, plan }: Int8Layer): string[] {
  const { m, inner, outHeight, outWidth, padTop } = geometry;
  const { rows, bytes } = heldRows(geometry, 1);
  const columns = 4;
  const gemm: Gemm = { m, k: inner, columns, plane: outHeight * outWidth, plan };
  return [
    `int8_t *const rows = (int8_t *)(col + ${columnWords(inner, columns)});`,
    `memset(rows, ${xZeroPoint}, ${bytes});`,
    `int row = ${-padTop};`,
    `for (int v = 0; v < ${outHeight}; v++) {`,
    `for (; row < v + ${rows - padTop}; row++) {`,
    ...nextRow(geometry, xZeroPoint),
    '}',
    `for (int p = 0; p < ${outWidth}; p += ${columns}) {`,
    '{',
    ...heldWindowColumns({ geometry, columns, xZeroPoint }),
    '}',
    `int8_t *const yp = y + v * ${outWidth} + p;`,
    ...gemmLines(gemm),
    '}',
    '}',
  ];
}

/** Moves all rows up by one and puts input row `row` after them. */
function nextRow(geometry: ConvGeometry, zero: number): string[] {
  const { channels, height, width, padLeft } = geometry;
  const { rows, rowBytes, bytes } = heldRows(geometry, 1);
  return [
    `for (int i = 0; i < ${bytes - rowBytes}; i += 4) {`,
    `store4(rows + i, load4(rows + i + ${rowBytes}));`,
    '}',
    `int8_t *to = rows + ${(rows - 1) * rowBytes + padLeft};`,
    `if (row >= 0 && row < ${height}) {`,
    `const int8_t *s = x + row * ${width};`,
    `for (int i = 0; i < ${channels}; i++) {`,
    `for (int h = 0; h < ${width}; h += 4) {`,
    'store4(to + h, load4(s + h));',
    '}',
    `to += ${rows * rowBytes};`,
    `s += ${height * width};`,
    '}',
    '} else {',
    `for (int i = 0; i < ${channels}; i++) {`,
    `memset(to, ${zero}, ${width});`,
    `to += ${rows * rowBytes};`,
    '}',
    '}',
  ];
}
