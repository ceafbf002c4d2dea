import { attrsOf, convTranspose2d as definition } from '@ghostc/ops';
import { activated, activationOf } from '../activation-text.ts';
import type { Emit } from '../kernel.ts';
import { loop } from '../text/loops.ts';
import { type ConvGeometry, convGeometry, geometryName } from './conv-geometry.ts';
import { weightData } from './operands.ts';
import { weightedCall } from './weighted-call.ts';

/** Outputs of a row that are summed at once: they stay in the first cache. */
const block = 64;

/** Input channels that one pass over the sums adds. */
const together = 4;

/**
 * y[m][i][j] = act(b[m] + sum of w[m][c][u][v] * x[c][(i + pad - u d) / s][(j + pad - v d) / s] over the taps whose quotients are
 * whole): outputs that are apart by the stride meet the same taps, and neighbours in x, so each such part of a row is a
 * plain sum of rows of x. No zero is multiplied.
 */
export const convTranspose2d: Emit = (context) => {
  const geometry = convGeometry(context.node, attrsOf(definition, context.node));
  const { batch, group, channels, height, width, m, outHeight, outWidth, inner } = geometry;
  const perGroup = m / group;
  const act = activationOf(context.node);
  const body = [
    `float s[${block}];`,
    ...loop('n', batch * m, [
      `const int m = n % ${m};`,
      `const float *xg = x + ((n / ${m}) * ${channels} + (m / ${perGroup}) * ${channels / group}) * ${height * width};`,
      `const float *wm = w + m * ${inner};`,
      `float *yn = y + n * ${outHeight * outWidth};`,
      ...loop('i', outHeight, [
        `for (int p = 0; p < ${geometry.strideX}; p++) {`,
        `const int count = (${outWidth + geometry.strideX - 1} - p) / ${geometry.strideX};`,
        `for (int q = 0; q < count; q += ${block}) {`,
        `const int most = count - q < ${block} ? count - q : ${block};`,
        'for (int k = 0; k < most; k++) {',
        's[k] = b[m];',
        '}',
        ...taps(geometry),
        'for (int k = 0; k < most; k++) {',
        'const float v = s[k];',
        `yn[i * ${outWidth} + p + (q + k) * ${geometry.strideX}] = ${activated(act, 'v')};`,
        '}',
        '}',
        '}',
      ]),
    ]),
  ];
  return weightedCall(context, {
    hint: `conv_transpose_${geometryName(geometry)}${group > 1 ? `_g${group}` : ''}`,
    body,
    weight: weightData(context.node, 1),
    channels: m,
  });
};

function taps(geometry: ConvGeometry): string[] {
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
    ...channelSums(geometry),
    '}',
    '}',
  ];
}

/** Adds all channels under one tap, some at a time. */
function channelSums({ inner, kernelHeight, kernelWidth, strideY, height, width }: ConvGeometry): string[] {
  const size = kernelHeight * kernelWidth;
  const channels = inner / size;
  const whole = channels - (channels % together);
  const plane = height * width;
  const pass = (count: number): string[] => {
    const each = Array.from({ length: count }, (_, c) => c);
    return [
      `const float *xr = xg + c * ${plane} + row / ${strideY} * ${width} + at;`,
      `const float *wt = wm + c * ${size} + u * ${kernelWidth} + v;`,
      ...each.map((c) => `const float w${c} = wt[${c * size}];`),
      'for (int k = from; k < to; k++) {',
      `s[k] += ${each.map((c) => `w${c} * xr[k${c ? ` + ${c * plane}` : ''}]`).join(' + ')};`,
      '}',
    ];
  };
  return [
    ...(whole ? [`for (int c = 0; c < ${whole}; c += ${together}) {`, ...pass(together), '}'] : []),
    ...(whole < channels ? [`for (int c = ${whole}; c < ${channels}; c++) {`, ...pass(1), '}'] : []),
  ];
}
