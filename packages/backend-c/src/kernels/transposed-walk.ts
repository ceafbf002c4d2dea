import { loop } from '../text/loops.ts';
import type { ConvGeometry } from './conv-geometry.ts';

/** Outputs of a row that are summed at once: they stay in the first cache. */
const block = 64;

export interface TransposedWalk {
  /** C types of x, of the weights and of a sum. */
  readonly types: { readonly x: string; readonly weight: string; readonly sum: string };
  /** Adds all channels under the tap (u, v) to the sums s[from] to s[to - 1], from `xg`, `wm`, `row` and `at`. */
  readonly channelSums: readonly string[];
  /** Declarations of plane n of the output, of channel m; statements that store s[k] at column `j` of its row i. */
  readonly plane: readonly string[];
  readonly store: (j: string) => readonly string[];
}

/**
 * y[m][i][j] = b[m] + sum of w[m][c][u][v] * x[c][(i + pad - u d) / s][(j + pad - v d) / s] over the taps whose quotients are
 * whole: outputs that are apart by the stride meet the same taps, and neighbours in x, so each such part of a row is a
 * plain sum of rows of x. No zero is multiplied.
 */
export function transposedWalk(geometry: ConvGeometry, walk: TransposedWalk): string[] {
  const { batch, group, channels, height, width, m, outHeight, outWidth, inner, strideX } = geometry;
  const { types, channelSums, plane, store } = walk;
  return [
    `${types.sum} s[${block}];`,
    ...loop('n', batch * m, [
      `const int m = n % ${m};`,
      `const ${types.x} *xg = x + ((n / ${m}) * ${channels} + (m / ${m / group}) * ${channels / group}) * ${height * width};`,
      `const ${types.weight} *wm = w + m * ${inner};`,
      ...plane,
      ...loop('i', outHeight, [
        `for (int p = 0; p < ${strideX}; p++) {`,
        `const int count = (${outWidth + strideX - 1} - p) / ${strideX};`,
        `for (int q = 0; q < count; q += ${block}) {`,
        `const int most = count - q < ${block} ? count - q : ${block};`,
        'for (int k = 0; k < most; k++) {',
        's[k] = b[m];',
        '}',
        ...taps(geometry, channelSums),
        'for (int k = 0; k < most; k++) {',
        ...store(`p + (q + k) * ${strideX}`),
        '}',
        '}',
        '}',
      ]),
    ]),
  ];
}

function taps(geometry: ConvGeometry, channelSums: readonly string[]): string[] {
  const { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padTop, padLeft } = geometry;
  const { height, width } = geometry;
  return [
    `for (int u = 0; u < ${kernelHeight}; u++) {`,
    `const int row = i + ${padTop} - u * ${dilationY};`,
    `if (row < 0 || row % ${strideY} != 0 || row / ${strideY} >= ${height}) {`,
    'continue;',
    '}',
    `for (int v = 0; v < ${kernelWidth}; v++) {`,
    `const int column = p + ${padLeft} - v * ${dilationX};`,
    `if (column % ${strideX} != 0) {`,
    'continue;',
    '}',
    `const int at = q + column / ${strideX};`,
    'const int from = at < 0 ? -at : 0;',
    `const int to = ${width} - at < most ? ${width} - at : most;`,
    ...channelSums,
    '}',
    '}',
  ];
}
