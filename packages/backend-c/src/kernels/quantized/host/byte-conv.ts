import { range } from '../../../text/range.ts';
import type { Int8Layer } from '../int8-layer.ts';
import {
  type ByteText,
  byteWeights,
  eachBlock,
  eachTile,
  groupWeights,
  sumsText,
  type TileCall,
  tilePreludes,
  tileText,
} from './bytes.ts';
import { MOST_LANES, overGroups } from './gemm.ts';
import { linePositions, type QuadForm, type QuadLines, quadForm, quadLines } from './quad-plane.ts';

/** Where register `column` of a tile is in its line of pixels. */
function pixelOf(column: number, columns: number): string {
  return column === columns - 1 ? 'e' : column ? `p + ${column * MOST_LANES}` : 'p';
}

/** A 1x1 convolution of at least a register of pixels: those of a tile are copied to quads [step][pixel][4]. */
export function pointwiseBytes(layer: Int8Layer): ByteText {
  const { geometry } = layer;
  const { inner, height, width, m, group } = geometry;
  const plane = height * width;
  const steps = Math.ceil(inner / 4);
  const tile = (columns: number): string[] => [
    ...packTile({ inner, plane, columns }),
    ...channelTiles(layer, columns, {
      ...{ x: 'scratch', last: String(64 * (columns - 1)) },
      ...{ count: 1, units: steps, step: 64 * columns, y: 'y', plane },
    }),
  ];
  return {
    needs: tilePreludes(m / group, plane),
    ...byteWeights(layer, {
      steps,
      order: (step, lane) => (4 * step + lane < inner ? 4 * step + lane : -1),
    }),
    bytes: 64 * 3 * steps,
    body: [
      sumsText,
      'static const int32_t taps[1] = { 0 };',
      ...overGroups(layer, groupWeights(steps), eachTile(plane, tile)),
    ],
  };
}

interface ChannelTiles extends Pick<TileCall, 'x' | 'last' | 'count' | 'units' | 'step'> {
  /** Where the line of the first output channel is, as C, and bytes between two. */
  readonly y: string;
  readonly plane: number;
}

/** All output channels of a tile of pixels. */
function channelTiles(layer: Int8Layer, columns: number, { y, plane, ...from }: ChannelTiles): string[] {
  const { m, group } = layer.geometry;
  return [
    'const int8_t *wm = wg;',
    'const int32_t *qm = qg;',
    `int8_t *ym = ${y};`,
    ...eachBlock(m / group, (rows) =>
      tileText(layer, { rows, columns, taps: 'taps', ...from }, (stored) => [
        ...range(columns).flatMap((column) => stored(column, `ym + ${pixelOf(column, columns)}`)),
        `ym += ${plane};`,
      ]),
    ),
  ];
}

interface PixelTile {
  readonly inner: number;
  readonly plane: number;
  readonly columns: number;
}

/** Where channels are left over, the last one stands for those that do not exist: their weights are 0. */
function packTile({ inner, plane, columns }: PixelTile): string[] {
  const whole = Math.floor(inner / 4);
  const pack = (k: string, left: number): string[] =>
    range(columns).map((column) => {
      const from = range(4).map(
        (lane) => `s + ${Math.min(lane, left - 1) * plane} + ${pixelOf(column, columns)}`,
      );
      return `v_turn_quads(scratch + (${k} * ${columns} + ${column}) * 64, ${from.join(', ')});`;
    });
  return [
    'const int8_t *s = x;',
    ...(whole ? [`for (int k = 0; k < ${whole}; k++) {`, ...pack('k', 4), `s += ${4 * plane};`, '}'] : []),
    ...(inner % 4 ? pack(String(whole), inner % 4) : []),
  ];
}

/**
 * Any window: the padded input is copied once to quads, rows and columns sorted by their phase, row and column mod stride. Any tap
 * of all output pixels is then one line, in which the rows of output are `pitch` apart. Short rows are computed with what lies
 * between them, to rows of their own, and copied.
 */
export function windowBytes(layer: Int8Layer): ByteText {
  const { m, group, outHeight, outWidth } = layer.geometry;
  const plan = windowPlan(layer);
  const { form, pitch, length, unit, taps } = plan;
  const { units, order } = form;
  const byRows = outWidth >= MOST_LANES;
  const lines = quadLines(layer, form, linePositions(pitch));
  const [lineStart, ownStart] = [units * unit, units * unit + lines.bytes];
  const steps = units * taps.length;
  const from = { last: '4 * (e - p)', count: taps.length, units, step: unit };
  const rowTiles = (): string[] => [
    `for (int o = 0; o < ${outHeight}; o++) {`,
    ...eachTile(outWidth, (columns) =>
      channelTiles(layer, columns, {
        ...{ ...from, x: `scratch + 4 * (o * ${pitch} + p)` },
        ...{ y: `y + o * ${outWidth}`, plane: outHeight * outWidth },
      }),
    ),
    '}',
  ];
  const lineTiles = (): string[] => [
    `int8_t *const own = scratch + ${ownStart};`,
    ...eachTile(length, (columns) =>
      channelTiles(layer, columns, { ...from, x: 'scratch + 4 * p', y: 'own', plane: length }),
    ),
    'int8_t *ym = y;',
    `for (int m = 0; m < ${m / group}; m++) {`,
    `for (int o = 0; o < ${outHeight}; o++) {`,
    `memcpy(ym, own + m * ${length} + o * ${pitch}, ${outWidth});`,
    `ym += ${outWidth};`,
    '}',
    '}',
  ];
  return {
    needs: tilePreludes(m / group, byRows ? outWidth : length),
    ...byteWeights(layer, { steps, order }),
    bytes: ownStart + (byRows ? 0 : (m / group) * length),
    body: [
      sumsText,
      `int8_t *const line = scratch + ${lineStart};`,
      `static const int32_t taps[${taps.length}] = { ${taps.join(', ')} };`,
      ...overGroups(layer, groupWeights(steps), [
        ...fill(layer, plan, lines),
        ...(byRows ? rowTiles() : lineTiles()),
      ]),
    ],
  };
}

/** Where the quads of the input are. */
interface WindowPlan {
  readonly form: QuadForm;
  /** Pixels from one row of output to the next, and those of the line. */
  readonly pitch: number;
  readonly length: number;
  /** Rows of a phase. */
  readonly rows: number;
  /** Bytes of a unit. */
  readonly unit: number;
  readonly rowPhases: readonly number[];
  readonly columnPhases: readonly number[];
  /** Bytes from the start of a unit to that of a phase. */
  readonly phaseStart: (row: number, column: number) => number;
  /** Bytes from the start of a unit to each tap of the first window. */
  readonly taps: readonly number[];
}

function windowPlan(layer: Int8Layer): WindowPlan {
  const { outHeight, outWidth, kernelHeight, strideY, strideX, dilationY } = layer.geometry;
  const form = quadForm(layer);
  const pitch = outWidth + Math.floor((form.starts.at(-1) ?? 0) / strideX);
  const unique = (list: readonly number[]): number[] => [...new Set(list)].sort((a, b) => a - b);
  const rowPhases = unique(range(kernelHeight).map((u) => (u * dilationY) % strideY));
  const columnPhases = unique(form.starts.map((start) => start % strideX));
  const rows = outHeight + Math.floor(((kernelHeight - 1) * dilationY) / strideY);
  /** Quads of a phase: rows, and what the last load takes past them. */
  const area = rows * pitch + MOST_LANES;
  const phaseStart = (row: number, column: number): number =>
    4 * area * (rowPhases.indexOf(row) * columnPhases.length + columnPhases.indexOf(column));
  return {
    ...{ form, pitch, rows, rowPhases, columnPhases, phaseStart },
    length: Math.max((outHeight - 1) * pitch + outWidth, MOST_LANES),
    unit: 4 * rowPhases.length * columnPhases.length * area,
    taps: range(kernelHeight).flatMap((u) =>
      form.starts.map(
        (start) =>
          phaseStart((u * dilationY) % strideY, start % strideX) +
          4 * (Math.floor((u * dilationY) / strideY) * pitch + Math.floor(start / strideX)),
      ),
    ),
  };
}

/** Row after row: the input rows of a quad go to padded lines, and from there to their places. */
function fill({ geometry: { padTop, strideY } }: Int8Layer, plan: WindowPlan, lines: QuadLines): string[] {
  const { form, pitch, rows, unit, rowPhases, columnPhases, phaseStart } = plan;
  const ofPhase = (phase: number): string[] => [
    `for (int v = 0; v < ${rows}; v++) {`,
    `const int row = v * ${strideY} + ${phase - padTop};`.replace('+ -', '- '),
    ...lines.copyOrClear,
    ...columnPhases.flatMap((column) => [
      `for (int j = 0; j < ${pitch}; j += LANES8) {`,
      `v_turn_quads(to + ${phaseStart(phase, column)} + 4 * (v * ${pitch} + j), ${lines.sources(column)});`,
      '}',
    ]),
    '}',
  ];
  return [
    lines.clear,
    `for (int u = 0; u < ${form.units}; u++) {`,
    `int8_t *const to = scratch + u * ${unit};`,
    ...rowPhases.flatMap(ofPhase),
    '}',
  ];
}
