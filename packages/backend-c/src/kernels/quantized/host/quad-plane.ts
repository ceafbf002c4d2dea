import { range } from '../../../text/range.ts';
import type { Int8Layer } from '../int8-layer.ts';
import { MOST_LANES, type QuadOrder } from './gemm.ts';
import { phaseRow } from './phase-row.ts';

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
  /** The loop over the quads of some windows, which start at `s0`, `s1` and so on. */
  overQuads(windows: number, dots: (at: readonly string[]) => string[]): string[];
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
  const lines = quadLines(layer, form, linePositions(positions));
  const { taps } = form;
  return {
    steps: units * taps.length,
    order: form.order,
    bytes: quadBytes + lines.bytes,
    declarations: [
      'int16_t *const quads = (int16_t *)(void *)scratch;',
      `int8_t *const line = scratch + ${quadBytes};`,
      ...(taps.length > 1 ? [`static const int32_t taps[${taps.length}] = { ${taps.join(', ')} };`] : []),
    ],
    fill: fillLines(layer, form, lines),
    address: (i, j) => `(${i} * ${layer.geometry.strideY * phases * positions} + ${j}) * 4`,
    overQuads: (windows, dots) => {
      const at = range(windows).map((i) => `c${i}`);
      return [
        `const int16_t ${at.map((c, i) => `*${c} = s${i}`).join(', ')};`,
        `for (int u = 0; u < ${units}; u++) {`,
        ...(taps.length > 1
          ? [`for (int t = 0; t < ${taps.length}; t++) {`, ...dots(at.map((c) => `${c} + taps[t]`)), '}']
          : dots(at)),
        ...at.map((c) => `${c} += ${4 * unitSize};`),
        '}',
      ];
    },
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

/** What quads are made from, and how they cover a window. */
type LineForm = Pick<Form, 'lines' | 'units'>;

export interface QuadForm extends LineForm, Pick<Form, 'order'> {
  /** Columns of the window where a quad starts. */
  readonly starts: readonly number[];
}

export function quadForm({ geometry }: Int8Layer): QuadForm {
  const { channels, group, kernelHeight, kernelWidth, dilationX } = geometry;
  const inputs = channels / group;
  const byChannels = Math.ceil(inputs / 4) * kernelWidth;
  const byColumns = dilationX === 1 ? inputs * Math.ceil(kernelWidth / 4) : Infinity;
  const lines = byColumns < byChannels ? 1 : 4;
  const starts =
    lines === 1
      ? range(Math.ceil(kernelWidth / 4)).map((v) => 4 * v)
      : range(kernelWidth).map((v) => v * dilationX);
  const area = kernelHeight * kernelWidth;
  const perUnit = kernelHeight * starts.length;
  return {
    ...{ lines, starts },
    units: lines === 1 ? inputs : Math.ceil(inputs / 4),
    order: (step, lane) => {
      const unit = Math.floor(step / perUnit);
      const u = Math.floor((step % perUnit) / starts.length);
      const v = step % starts.length;
      if (lines === 4) return 4 * unit + lane < inputs ? (4 * unit + lane) * area + u * kernelWidth + v : -1;
      return 4 * v + lane < kernelWidth ? unit * area + u * kernelWidth + 4 * v + lane : -1;
    },
  };
}

function formOf(layer: Int8Layer): Form {
  const { geometry } = layer;
  const { kernelHeight, strideY, strideX, dilationY } = geometry;
  const { starts, ...form } = quadForm(layer);
  const last = starts.at(-1) ?? 0;
  const positions = Math.max(geometry.outWidth, MOST_HALF) + Math.floor(last / strideX);
  const tap = (u: number, start: number): number =>
    4 * ((u * dilationY * strideX + (start % strideX)) * positions + Math.floor(start / strideX));
  return {
    ...form,
    rows: (geometry.outHeight - 1) * strideY + (kernelHeight - 1) * dilationY + 1,
    phases: strideX,
    positions,
    taps: range(kernelHeight).flatMap((u) => starts.map((start) => tap(u, start))),
  };
}

/** The padded lines that a row of quads is made from, in C at `line`. */
export interface QuadLines {
  readonly bytes: number;
  /** Fills all lines with what is outside the input. */
  readonly clear: string;
  /** Copies the rows `row` of unit u, which are inside the input, to the lines. */
  readonly copy: readonly string[];
  /** The same where `row` may be outside the input: then all lines are cleared. */
  readonly copyOrClear: readonly string[];
  /** Where the four bytes of the quads of a phase are, from position j on. */
  sources(phase: number): string;
}

/** `positions`: of a phase of a line. */
export function quadLines({ geometry, xZeroPoint }: Int8Layer, form: LineForm, positions: number): QuadLines {
  const { channels, group, height, width, strideX } = geometry;
  const { lines, units } = form;
  const lineBytes = positions * strideX;
  const rest = (channels / group) % 4;
  const copyRow = (channel: string, to: string): string[] =>
    phaseRow(geometry, positions, { from: `x + (${channel} * ${height} + row) * ${width}`, to });
  const count = rest ? `(u < ${units - 1} ? 4 : ${rest})` : '4';
  const copyRows =
    lines === 1
      ? copyRow('u', 'line')
      : [`for (int i = 0; i < ${count}; i++) {`, ...copyRow('(4 * u + i)', `line + i * ${lineBytes}`), '}'];
  const clear = `memset(line, ${xZeroPoint}, ${lines * lineBytes});`;
  const source = (phase: number, lane: number): string => {
    if (lines === 4) return `line + ${lane * lineBytes + phase * positions} + j`;
    const column = phase + lane;
    return `line + ${(column % strideX) * positions + Math.floor(column / strideX)} + j`;
  };
  return {
    bytes: lines * lineBytes,
    clear,
    copy: copyRows,
    copyOrClear: [`if (row >= 0 && row < ${height}) {`, ...copyRows, '} else {', clear, '}'],
    sources: (phase) =>
      range(4)
        .map((lane) => source(phase, lane))
        .join(', '),
  };
}

/** Positions of a phase of a line: what the last pack reads, and the neighbours of its last quad. */
export function linePositions(positions: number): number {
  return Math.ceil(positions / MOST_LANES) * MOST_LANES + 3;
}

/** Row after row: the input rows of a quad go to padded lines, and from there to their places. */
function fillLines({ geometry: { height, padTop } }: Int8Layer, form: Form, lines: QuadLines): string[] {
  const { units, rows, phases, positions } = form;
  return [
    lines.clear,
    'int16_t *to = quads;',
    `for (int u = 0; u < ${units}; u++) {`,
    `for (int v = 0; v < ${rows}; v++) {`,
    `const int row = v - ${padTop};`,
    ...(padTop === 0 && rows <= height ? lines.copy : lines.copyOrClear),
    ...range(phases).flatMap((phase) => [
      `for (int j = 0; j < ${positions}; j += LANES8) {`,
      `v_pack(to + 4 * j, ${lines.sources(phase)});`,
      '}',
      `to += ${4 * positions};`,
    ]),
    '}',
    '}',
  ];
}
