import { attrsOf, convTranspose2d as definition } from '@ghostc/ops';
import { activated, activationOf } from '../activation-text.ts';
import type { Emit } from '../kernel.ts';
import { type ConvGeometry, convGeometry, geometryName } from './conv-geometry.ts';
import { weightData } from './operands.ts';
import { transposedWalk } from './transposed-walk.ts';
import { weightedCall } from './weighted-call.ts';

/** Input channels that one pass over the sums adds. */
const together = 4;

/** Transposed convolution, some input channels to a pass. */
export const convTranspose2d: Emit = (context) => {
  const geometry = convGeometry(context.node, attrsOf(definition, context.node));
  const { group, m, outHeight, outWidth } = geometry;
  const act = activationOf(context.node);
  return weightedCall(context, {
    hint: `conv_transpose_${geometryName(geometry)}${group > 1 ? `_g${group}` : ''}`,
    body: transposedWalk(geometry, {
      types: { x: 'float', weight: 'float', sum: 'float' },
      channelSums: channelSums(geometry),
      plane: [`float *yn = y + n * ${outHeight * outWidth};`],
      store: (j) => ['const float v = s[k];', `yn[i * ${outWidth} + ${j}] = ${activated(act, 'v')};`],
    }),
    weight: weightData(context.node, 1),
    channels: m,
  });
};

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
