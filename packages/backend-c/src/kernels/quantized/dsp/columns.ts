import { range } from '../../../text/range.ts';
import { type ConvGeometry, insideTest } from '../../conv-geometry.ts';
import { heldRows } from '../held-rows.ts';
import { columnWords } from './gemm.ts';

/** Lines that fill `col` [pair of k][pixel] for the pixels p, p+1, ..., from x. */
export interface Columns {
  readonly geometry: ConvGeometry;
  /** Pixels in the block. */
  readonly columns: number;
  readonly xZeroPoint: number;
}

/** Of a 1x1 convolution: channels 2i and 2i+1 of each pixel side by side. */
export function pointwiseColumns({ geometry, columns }: Columns): string[] {
  const { height, width } = geometry;
  const channels = geometry.channels / geometry.group;
  const plane = height * width;
  const pairs = Math.floor(channels / 2);
  return [
    'const int8_t *s = x + p;',
    'int32_t *c = col;',
    ...(pairs
      ? [
          `for (int i = 0; i < ${pairs}; i++) {`,
          ...(columns === 4
            ? fourPixels(`load4(s + ${plane})`)
            : somePixels(columns, (n) => `s[${plane + n}]`)),
          `s += ${2 * plane};`,
          `c += ${columns};`,
          '}',
        ]
      : []),
    ...(channels % 2 ? (columns === 4 ? fourPixels('0') : somePixels(columns, () => '0')) : []),
    ...padding(geometry.inner, columns),
  ];
}

function fourPixels(second: string): string[] {
  return [
    '{',
    'const int32_t u = load4(s);',
    `const int32_t v = ${second};`,
    'const int32_t u0 = even_bytes(u), u1 = odd_bytes(u), v0 = even_bytes(v), v1 = odd_bytes(v);',
    'c[0] = low_halves(u0, v0);',
    'c[1] = low_halves(u1, v1);',
    'c[2] = high_halves(u0, v0);',
    'c[3] = high_halves(u1, v1);',
    '}',
  ];
}

function somePixels(columns: number, second: (n: number) => string): string[] {
  return range(columns).map((n) => `c[${n}] = low_halves(s[${n}], ${second(n)});`);
}

/** Pairs that only the unrolled loop reads: their weights are zero. */
function padding(inner: number, columns: number): string[] {
  const pairs = Math.ceil(inner / 2);
  const extra = columnWords(inner, columns) / columns - pairs;
  return range(extra * columns).map((i) => `col[${pairs * columns + i}] = 0;`);
}

/** The same from rows that are held in `rows` as planes of padded rows; `p` counts pixels in a row. */
export function heldWindowColumns(of: Columns): string[] {
  const { geometry, columns } = of;
  const { rows, rowBytes } = heldRows(geometry, 1);
  const planes = { ...geometry, height: rows, width: rowBytes };
  return [
    `for (int n = 0; n < ${columns}; n++) {`,
    'int32_t *c = col + n;',
    'const int8_t *s = rows + p + n;',
    ...insideWindow({ ...of, geometry: planes }),
    '}',
    ...padding(geometry.inner, columns),
  ];
}

/** Of any other convolution: the windows' elements (channel, u, v) in pairs. Windows over the edge take the zero point. */
export function windowColumns(of: Columns): string[] {
  const { geometry, columns } = of;
  const { outWidth, strideY, strideX, padTop, padLeft, width } = geometry;
  return [
    `for (int n = 0; n < ${columns}; n++) {`,
    `const int top = (p + n) / ${outWidth} * ${strideY} - ${padTop};`,
    `const int left = (p + n) % ${outWidth} * ${strideX} - ${padLeft};`,
    'int32_t *c = col + n;',
    `if (${insideTest(geometry)}) {`,
    `const int8_t *s = x + top * ${width} + left;`,
    ...insideWindow(of),
    '} else {',
    ...edgeWindow(of),
    '}',
    '}',
    ...padding(geometry.inner, columns),
  ];
}

/** Channels whose windows have an even number of elements together. */
export function channelsPerTurn({ kernelHeight, kernelWidth }: ConvGeometry): number {
  return (kernelHeight * kernelWidth) % 2 === 0 ? 1 : 2;
}

function insideWindow({ geometry, columns }: Columns): string[] {
  const channels = geometry.channels / geometry.group;
  const perTurn = channelsPerTurn(geometry);
  const turns = Math.floor(channels / perTurn);
  const turn = windowPairs(geometry, columns, perTurn);
  return [
    ...(turns > 1
      ? [`for (int i = 0; i < ${turns}; i++) {`, ...turn, ...advance(geometry, columns, perTurn), '}']
      : turns === 1
        ? [...turn, ...(channels > perTurn ? advance(geometry, columns, perTurn) : [])]
        : []),
    ...(channels % perTurn ? windowPairs(geometry, columns, 1) : []),
  ];
}

function advance(geometry: ConvGeometry, columns: number, channels: number): string[] {
  const taps = geometry.kernelHeight * geometry.kernelWidth;
  return [
    `s += ${channels * geometry.height * geometry.width};`,
    `c += ${((taps * channels) / 2) * columns};`,
  ];
}

function windowPairs(geometry: ConvGeometry, columns: number, channels: number): string[] {
  const { kernelHeight, kernelWidth, height, width, dilationY, dilationX } = geometry;
  const offsets = range(channels).flatMap((channel) =>
    range(kernelHeight).flatMap((u) =>
      range(kernelWidth).map((v) => (channel * height + u * dilationY) * width + v * dilationX),
    ),
  );
  return range(Math.ceil(offsets.length / 2)).map((pair) => {
    const second = offsets[2 * pair + 1];
    return `c[${pair * columns}] = low_halves(s[${offsets[2 * pair]}], ${second === undefined ? '0' : `s[${second}]`});`;
  });
}

function edgeWindow({ geometry, columns, xZeroPoint }: Columns): string[] {
  const { kernelHeight, kernelWidth, height, width, dilationY, dilationX, inner } = geometry;
  return [
    'int k = 0;',
    'int32_t even = 0;',
    `for (int i = 0; i < ${geometry.channels / geometry.group}; i++) {`,
    `for (int u = 0; u < ${kernelHeight}; u++) {`,
    `const int row = top + u * ${dilationY};`,
    `for (int v = 0; v < ${kernelWidth}; v++) {`,
    `const int column = left + v * ${dilationX};`,
    `const int inside = row >= 0 && row < ${height} && column >= 0 && column < ${width};`,
    `const int32_t value = inside ? x[(i * ${height} + row) * ${width} + column] : ${xZeroPoint};`,
    'if (k % 2 == 0) {',
    'even = value;',
    '} else {',
    `c[k / 2 * ${columns}] = low_halves(even, value);`,
    '}',
    'k++;',
    '}',
    '}',
    '}',
    ...(inner % 2 ? [`c[${((inner - 1) / 2) * columns}] = low_halves(even, 0);`] : []),
  ];
}
