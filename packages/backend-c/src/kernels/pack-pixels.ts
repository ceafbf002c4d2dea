import type { CFunction } from '../kernel.ts';
import { loop } from '../text/loops.ts';
import { range } from '../text/range.ts';
import type { ConvGeometry } from './conv-geometry.ts';
import { copyRun, floatRuns } from './float-runs.ts';

/**
 * Copies the windows of the output pixels q to q + n - 1 of some input channels to col[k][pixel], k = (channel, u, v) as in the
 * weights: along the rows of the output each tap is one run of a row of x, with zeros where the window is outside.
 */
export function packPixelsHelper(geometry: ConvGeometry, pitch: number): CFunction {
  const { height, width, outWidth, kernelHeight, kernelWidth, strideY, dilationY, padTop } = geometry;
  const taps = kernelWidth <= MAX_UNROLLED ? unrolledTaps(geometry, pitch) : loopedTaps(geometry, pitch);
  return {
    hint: `pack_${height}x${width}_k${kernelHeight}x${kernelWidth}_s${geometry.strideX}`,
    params: ['const float *x', 'int c', 'int channels', 'int q', 'int n', 'float *col'],
    body: [
      `x += c * ${height * width};`,
      'for (int done = 0; done < n;) {',
      `const int i = (q + done) / ${outWidth};`,
      `const int j = (q + done) % ${outWidth};`,
      `const int size = n - done < ${outWidth} - j ? n - done : ${outWidth} - j;`,
      ...taps.bounds,
      'float *to = col + done;',
      'for (int k = 0; k < channels; k++) {',
      `const float *plane = x + k * ${height * width};`,
      `for (int u = 0; u < ${kernelHeight}; u++) {`,
      `const int row = i * ${strideY} + u * ${dilationY} - ${padTop};`,
      `if (row >= 0 && row < ${height}) {`,
      `const float *line = plane + row * ${width};`,
      ...taps.inside,
      '} else {',
      ...taps.outside,
      '}',
      `to += ${kernelWidth * pitch};`,
      '}',
      '}',
      'done += size;',
      '}',
    ],
    needs: [floatRuns],
  };
}

/** Wider windows are loops over their taps: the code of a tap has some hundred bytes. */
const MAX_UNROLLED = 8;

/** Code of a row of taps: what is known before the loops, and the copies for a row inside x and one outside. */
interface Taps {
  readonly bounds: readonly string[];
  readonly inside: readonly string[];
  readonly outside: readonly string[];
}

function unrolledTaps(geometry: ConvGeometry, pitch: number): Taps {
  const taps = range(geometry.kernelWidth).map((v) => runOf(geometry, v));
  return {
    bounds: taps.flatMap(bounds),
    inside: taps.flatMap((tap, v) => copied(geometry, tap, v, pitch)),
    outside: taps.map((_, v) => `fill_run(to + ${v * pitch}, 0.0f, size);`),
  };
}

function loopedTaps({ width, kernelWidth, strideX, dilationX, padLeft }: ConvGeometry, pitch: number): Taps {
  const clamped = (name: string, limit: string, least: string): string =>
    `const int ${name} = ${limit} - j < ${least} ? ${least} : ${limit} - j < size ? ${limit} - j : size;`;
  return {
    bounds: [],
    inside: loop('v', kernelWidth, [
      `float *const col_v = to + v * ${pitch};`,
      `const int first = v * ${dilationX} - ${padLeft};`,
      `const int low = first < 0 ? (${strideX - 1} - first) / ${strideX} : 0;`,
      `const int high = first < ${width} ? (${width - 1} - first) / ${strideX} + 1 : 0;`,
      clamped('a', 'low', '0'),
      clamped('e', 'high', 'a'),
      'fill_run(col_v, 0.0f, a);',
      ...copyRun(strideX, 'col_v + a', `line + (j + a) * ${strideX} + first`, 'e - a'),
      'fill_run(col_v + e, 0.0f, size - e);',
    ]),
    outside: loop('v', kernelWidth, [`fill_run(to + v * ${pitch}, 0.0f, size);`]),
  };
}

/** The columns low <= j < high of the output read inside x, from `line + j stride + offset`. */
interface Run {
  readonly low: number;
  readonly high: number;
  readonly offset: number;
}

function runOf({ width, outWidth, strideX, dilationX, padLeft }: ConvGeometry, v: number): Run {
  const offset = v * dilationX - padLeft;
  const low = Math.min(outWidth, Math.max(0, Math.ceil(-offset / strideX)));
  const high = Math.max(low, Math.min(outWidth, Math.floor((width - 1 - offset) / strideX) + 1));
  return { low, high, offset };
}

/** `a0` and `e0` of tap 0: where its run starts and ends inside x, counted from column j. */
function bounds({ low, high }: Run, v: number): string[] {
  const clamped = (limit: number): string =>
    `${limit} - j < 0 ? 0 : ${limit} - j < size ? ${limit} - j : size`;
  return [...(low > 0 ? [`const int a${v} = ${clamped(low)};`] : []), `const int e${v} = ${clamped(high)};`];
}

function copied({ strideX }: ConvGeometry, { low, offset }: Run, v: number, pitch: number): string[] {
  const first = low > 0 ? `a${v}` : '0';
  const to = `to + ${v * pitch}`;
  const column = low > 0 ? `(j + a${v})` : 'j';
  const from = `line + ${column} * ${strideX} + ${offset}`.replace('+ -', '- ');
  return [
    ...(low > 0 ? [`fill_run(${to}, 0.0f, a${v});`] : []),
    `if (e${v} > ${first}) {`,
    ...copyRun(strideX, low > 0 ? `${to} + a${v}` : to, from, low > 0 ? `e${v} - a${v}` : `e${v}`),
    '}',
    `if (e${v} < size) {`,
    `fill_run(${to} + e${v}, 0.0f, size - e${v});`,
    '}',
  ];
}
