import { attrsOf, qlinearConvTranspose2d } from '@ghostc/ops';
import type { Emit } from '../../kernel.ts';
import { sourceOf } from '../operands.ts';
import { reachingTaps } from '../reaching-taps.ts';
import { byteStep, limits, wordsOfBytes } from './byte-step.ts';
import { byteText, limitedText, scaledText, weightText } from './integer-text.ts';
import { channelTable, finish, layerOf } from './weighted-layer.ts';

/** An output at a time, from the taps that reach it. */
export const convTranspose2d: Emit = (context) => {
  const { node, arena, weights } = context;
  const attrs = attrsOf(qlinearConvTranspose2d, node);
  const { geometry, multipliers, weight, inner, group, zeroPoint } = layerOf(context, attrs, {
    attrs,
    group: attrs.group,
  });
  const { N: _, ...sizes } = geometry;
  const { dtype } = sourceOf(node, 0).type;
  return [
    byteStep({
      id: `qlinear_conv_transpose_${attrs.rounding}_${dtype}`,
      functions: [byteText(dtype), weightText, scaledText(attrs.rounding), limitedText, value],
      ints: {
        X_AT: arena(sourceOf(node, 0)) * 4,
        W_AT: weights(wordsOfBytes(weight)) * 4,
        Q_AT: weights(channelTable(context, { multipliers, weight, zeroPoint: 0 })),
        ZX: zeroPoint,
        ...sizes,
        CG: inner,
        MG: geometry.M / group,
        ...limits(attrs),
      },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};

const value = `fn value(e: i32) -> i32 {
let j = e % OW;
let i = (e / OW) % OH;
let m = (e / (OW * OH)) % M;
let n = e / (OW * OH * M);
var sum = weights[Q_AT + m * 3];
${reachingTaps(`var x = X_AT + ((n * C + m / MG * CG) * H + row / SY) * W + column / SX;
var w = W_AT + (m * CG * KH + u) * KW + v;
for (var c = 0; c < CG; c++) {
sum += (byte(x) - ZX) * weight(w);
x += H * W;
w += KH * KW;
}`)}
return ${finish('sum', 'm')};
}`;
