import { range } from '../../gemm-block.ts';
import type { Int8Layer } from '../int8-layer.ts';
import { MOST_LANES, type QuadOrder } from './gemm.ts';

/** Half the lanes of the widest instruction set: pixels that a load of quads may take past the last one of a row. */
const MOST_HALF = MOST_LANES / 2;

/** The padded input as quads of int16 [unit][row][phase][position][4], and how the windows read it. */
export interface QuadPlane {
  /** Quads of weights of an output channel. */
  readonly steps: number;
  readonly order: QuadOrder;
  /** Of the buffer and the lines after it. */
  readonly bytes: number;
  readonly declarations: readonly string[];
  /** Copies an image (of a group) at `x` to `quads`. */
  readonly fill: readonly string[];
  /** C expression: where the window of output row i and column j starts, in int16. */
  address(i: string, j: string): string;
  /** The loop over the quads of two windows, which start at `s0` and `s1`. */
  overQuads(dots: (first: string, second: string) => string[]): string[];
}

/**
 * A quad holds four channels of a pixel, or four neighbours in a row where that takes fewer quads (few channels, wide
 * windows). Columns are sorted by their phase, column mod stride, so that the same tap of neighbouring windows is contiguous.
 */
export function quadPlane(layer: Int8Layer): QuadPlane {
  const form = formOf(layer);
  const { units, rows, phases, positions } = form;
  const unitSize = rows * phases * positions;
  const quadBytes = 8 * (units * unitSize + MOST_LANES);
  const columns = positions * phases;
  const lineBytes = roundUp(columns + 3, MOST_LANES) + MOST_LANES;
  const wideBytes = phases > 1 ? 8 * roundUp(columns, MOST_LANES) : 0;
  const { taps } = form;
  return {
    steps: units * taps.length,
    order: form.order,
    bytes: quadBytes + form.lines * lineBytes + wideBytes,
    declarations: [
      'int16_t *const quads = (int16_t *)(void *)scratch;',
      ...(phases > 1 ? [`int16_t *const wide = quads + ${quadBytes / 2};`] : []),
      `int8_t *const line = scratch + ${quadBytes + wideBytes};`,
      ...(taps.length > 1 ? [`static const int32_t taps[${taps.length}] = { ${taps.join(', ')} };`] : []),
    ],
    fill: fillLines(layer, form, lineBytes),
    address: (i, j) => `(${i} * ${layer.geometry.strideY * phases * positions} + ${j}) * 4`,
    overQuads: (dots) => [
      'const int16_t *c0 = s0, *c1 = s1;',
      `for (int u = 0; u < ${units}; u++) {`,
      ...(taps.length > 1
        ? [`for (int t = 0; t < ${taps.length}; t++) {`, ...dots('c0 + taps[t]', 'c1 + taps[t]'), '}']
        : dots('c0', 'c1')),
      `c0 += ${4 * unitSize};`,
      `c1 += ${4 * unitSize};`,
      '}',
    ],
  };
}

/** Sizes of the buffer, in quads, and its order. */
interface Form {
  /** Lines of input that a quad is made from: four channels, or one and its shifts. */
  readonly lines: 4 | 1;
  /** Groups of channels, or channels. */
  readonly units: number;
  readonly rows: number;
  /** Columns that differ by a multiple of the stride are of one phase. */
  readonly phases: number;
  readonly positions: number;
  /** Offsets of the quads of a window in a unit, in int16. */
  readonly taps: readonly number[];
  readonly order: QuadOrder;
}

function formOf({ geometry }: Int8Layer): Form {
  const { channels, group, kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX } = geometry;
  const inputs = channels / group;
  const byChannels = Math.ceil(inputs / 4) * kernelWidth;
  const byColumns = dilationX === 1 ? inputs * Math.ceil(kernelWidth / 4) : Infinity;
  const lines = byColumns < byChannels ? 1 : 4;
  const starts =
    lines === 1
      ? range(Math.ceil(kernelWidth / 4)).map((v) => 4 * v)
      : range(kernelWidth).map((v) => v * dilationX);
  const last = starts.at(-1) ?? 0;
  const positions = Math.max(geometry.outWidth, MOST_HALF) + Math.floor(last / strideX);
  const tap = (u: number, start: number): number =>
    4 * ((u * dilationY * strideX + (start % strideX)) * positions + Math.floor(start / strideX));
  const area = kernelHeight * kernelWidth;
  const perUnit = kernelHeight * starts.length;
  return {
    lines,
    units: lines === 1 ? inputs : Math.ceil(inputs / 4),
    rows: (geometry.outHeight - 1) * strideY + (kernelHeight - 1) * dilationY + 1,
    phases: strideX,
    positions,
    taps: range(kernelHeight).flatMap((u) => starts.map((start) => tap(u, start))),
    order: (step, lane) => {
      const unit = Math.floor(step / perUnit);
      const u = Math.floor((step % perUnit) / starts.length);
      const v = step % starts.length;
      if (lines === 4) return 4 * unit + lane < inputs ? (4 * unit + lane) * area + u * kernelWidth + v : -1;
      return 4 * v + lane < kernelWidth ? unit * area + u * kernelWidth + 4 * v + lane : -1;
    },
  };
}

/** Row after row: the input rows of a quad go to padded lines, and from there to their places. */
function fillLines({ geometry, xZeroPoint }: Int8Layer, form: Form, lineBytes: number): string[] {
  const { channels, group, height, width, padTop, padLeft } = geometry;
  const { lines, units, rows, phases, positions } = form;
  const columns = positions * phases;
  const copied = Math.min(width, lineBytes - padLeft);
  const inputs = channels / group;
  const used = `(u < ${units - 1} ? 4 : ${inputs - 4 * (units - 1)})`;
  const sources = range(4).map(
    (i) => `line + j${lines === 1 ? (i ? ` + ${i}` : '') : i ? ` + ${i * lineBytes}` : ''}`,
  );
  const to = phases > 1 ? 'wide' : 'to';
  const copyLines =
    lines === 1
      ? [`memcpy(line + ${padLeft}, x + (u * ${height} + row) * ${width}, ${copied});`]
      : [
          `for (int i = 0; i < ${inputs % 4 ? used : '4'}; i++) {`,
          `memcpy(line + i * ${lineBytes} + ${padLeft}, x + ((4 * u + i) * ${height} + row) * ${width}, ${copied});`,
          '}',
        ];
  const inside = padTop === 0 && rows <= height;
  return [
    `memset(line, ${xZeroPoint}, ${lines * lineBytes});`,
    'int16_t *to = quads;',
    `for (int u = 0; u < ${units}; u++) {`,
    `for (int v = 0; v < ${rows}; v++) {`,
    `const int row = v - ${padTop};`,
    ...(inside
      ? copyLines
      : [
          `if (row >= 0 && row < ${height}) {`,
          ...copyLines,
          '} else {',
          `memset(line, ${xZeroPoint}, ${lines * lineBytes});`,
          '}',
        ]),
    `for (int j = 0; j < ${columns}; j += LANES8) {`,
    `v_pack(${to} + 4 * j, ${sources.join(', ')});`,
    '}',
    ...(phases > 1
      ? [
          `for (int f = 0; f < ${phases}; f++) {`,
          `for (int j = 0; j < ${positions}; j++) {`,
          `memcpy(to + (f * ${positions} + j) * 4, wide + (j * ${phases} + f) * 4, 8);`,
          '}',
          '}',
        ]
      : []),
    `to += ${4 * columns};`,
    '}',
    '}',
  ];
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
