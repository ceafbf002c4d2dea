import { range } from '../../../text/range.ts';
import type { Int8Layer } from '../int8-layer.ts';
import {
  type ByteText,
  byteWeights,
  eachBlock,
  eachTile,
  groupWeights,
  sumsText,
  tilePreludes,
  tileText,
} from './bytes.ts';
import { MOST_LANES, overGroups } from './gemm.ts';
import { phaseRow } from './phase-row.ts';
import { quadForm, roundUp } from './quad-plane.ts';

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
    'const int8_t *wm = wg;',
    'const int32_t *qm = qg;',
    'int8_t *ym = y;',
    ...eachBlock(m / group, (rows) =>
      tileText(
        layer,
        {
          ...{ rows, columns, x: 'scratch', last: String(64 * (columns - 1)) },
          ...{ taps: 'taps', count: 1, units: steps, step: 64 * columns },
        },
        (stored) => [
          ...range(columns).flatMap((column) => stored(column, `ym + ${pixelOf(column, columns)}`)),
          `ym += ${plane};`,
        ],
      ),
    ),
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
  const { geometry } = layer;
  const { m, group, outHeight, outWidth, kernelHeight, strideY, strideX, dilationY } = geometry;
  const form = quadForm(layer);
  const { starts, units } = form;
  const pitch = outWidth + Math.floor((starts.at(-1) ?? 0) / strideX);
  /** Pixels of the line, and what lies between them. */
  const length = Math.max((outHeight - 1) * pitch + outWidth, MOST_LANES);
  const byRows = outWidth >= MOST_LANES;
  const unique = (list: readonly number[]): number[] => [...new Set(list)].sort((a, b) => a - b);
  const rowPhases = unique(range(kernelHeight).map((u) => (u * dilationY) % strideY));
  const columnPhases = unique(starts.map((start) => start % strideX));
  const reach = Math.floor(((kernelHeight - 1) * dilationY) / strideY);
  /** Quads of a phase: rows, and what the last load takes past them. */
  const area = (outHeight + reach) * pitch + MOST_LANES;
  const unit = 4 * rowPhases.length * columnPhases.length * area;
  const phaseStart = (row: number, column: number): number =>
    4 * area * (rowPhases.indexOf(row) * columnPhases.length + columnPhases.indexOf(column));
  const taps = range(kernelHeight).flatMap((u) =>
    starts.map(
      (start) =>
        phaseStart((u * dilationY) % strideY, start % strideX) +
        4 * (Math.floor((u * dilationY) / strideY) * pitch + Math.floor(start / strideX)),
    ),
  );
  const linePositions = roundUp(pitch, MOST_LANES) + 3;
  const lineBytes = linePositions * strideX;
  const [lineStart, ownStart] = [units * unit, units * unit + form.lines * lineBytes];
  const pixels = outHeight * outWidth;
  const steps = units * taps.length;
  const call = (rows: number, columns: number, x: string) => ({
    ...{ rows, columns, x, last: '4 * (e - p)', taps: 'taps' },
    ...{ count: taps.length, units, step: unit },
  });
  const rowTiles = [
    `for (int o = 0; o < ${outHeight}; o++) {`,
    ...eachTile(outWidth, (columns) => [
      'const int8_t *wm = wg;',
      'const int32_t *qm = qg;',
      `int8_t *ym = y + o * ${outWidth};`,
      ...eachBlock(m / group, (rows) =>
        tileText(layer, call(rows, columns, `scratch + 4 * (o * ${pitch} + p)`), (stored) => [
          ...range(columns).flatMap((column) => stored(column, `ym + ${pixelOf(column, columns)}`)),
          `ym += ${pixels};`,
        ]),
      ),
    ]),
    '}',
  ];
  const lineTiles = [
    `int8_t *const own = scratch + ${ownStart};`,
    ...eachTile(length, (columns) => [
      'const int8_t *wm = wg;',
      'const int32_t *qm = qg;',
      'int8_t *to = own;',
      ...eachBlock(m / group, (rows) =>
        tileText(layer, call(rows, columns, 'scratch + 4 * p'), (stored) => [
          ...range(columns).flatMap((column) => stored(column, `to + ${pixelOf(column, columns)}`)),
          `to += ${length};`,
        ]),
      ),
    ]),
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
    ...byteWeights(layer, { steps, order: form.order }),
    bytes: ownStart + (byRows ? 0 : (m / group) * length),
    body: [
      sumsText,
      `int8_t *const line = scratch + ${lineStart};`,
      `static const int32_t taps[${taps.length}] = { ${taps.join(', ')} };`,
      ...overGroups(layer, groupWeights(steps), [
        ...fill(layer, { linePositions, pitch, unit, rowPhases, columnPhases, phaseStart }),
        ...(byRows ? rowTiles : lineTiles),
      ]),
    ],
  };
}

interface Places {
  /** Positions of a phase of a line. */
  readonly linePositions: number;
  readonly pitch: number;
  /** Bytes of a unit. */
  readonly unit: number;
  readonly rowPhases: readonly number[];
  readonly columnPhases: readonly number[];
  readonly phaseStart: (row: number, column: number) => number;
}

/** Row after row: the input rows of a quad go to padded lines, and from there to their places. */
function fill(layer: Int8Layer, places: Places): string[] {
  const { geometry, xZeroPoint } = layer;
  const { channels, group, height, width, padTop, outHeight, kernelHeight, strideY, strideX, dilationY } =
    geometry;
  const { lines, units } = quadForm(layer);
  const { linePositions, pitch, unit, rowPhases, columnPhases, phaseStart } = places;
  const lineBytes = linePositions * strideX;
  const rest = (channels / group) % 4;
  const rows = outHeight + Math.floor(((kernelHeight - 1) * dilationY) / strideY);
  const copyRow = (channel: string, to: string): string[] =>
    phaseRow(geometry, linePositions, { from: `x + (${channel} * ${height} + row) * ${width}`, to });
  const count = rest ? `(u < ${units - 1} ? 4 : ${rest})` : '4';
  const copyRows =
    lines === 1
      ? copyRow('u', 'line')
      : [`for (int i = 0; i < ${count}; i++) {`, ...copyRow('(4 * u + i)', `line + i * ${lineBytes}`), '}'];
  const clear = `memset(line, ${xZeroPoint}, ${lines * lineBytes});`;
  const source = (phase: number, lane: number): string => {
    if (lines === 4) return `line + ${lane * lineBytes + phase * linePositions} + j`;
    const column = phase + lane;
    return `line + ${(column % strideX) * linePositions + Math.floor(column / strideX)} + j`;
  };
  const ofPhase = (phase: number): string[] => [
    `for (int v = 0; v < ${rows}; v++) {`,
    `const int row = v * ${strideY} + ${phase - padTop};`.replace('+ -', '- '),
    `if (row >= 0 && row < ${height}) {`,
    ...copyRows,
    '} else {',
    clear,
    '}',
    ...columnPhases.flatMap((column) => [
      `for (int j = 0; j < ${pitch}; j += LANES8) {`,
      `v_turn_quads(to + ${phaseStart(phase, column)} + 4 * (v * ${pitch} + j), ${range(4)
        .map((lane) => source(column, lane))
        .join(', ')});`,
      '}',
    ]),
    '}',
  ];
  return [
    clear,
    `for (int u = 0; u < ${units}; u++) {`,
    `int8_t *const to = scratch + u * ${unit};`,
    ...rowPhases.flatMap(ofPhase),
    '}',
  ];
}
