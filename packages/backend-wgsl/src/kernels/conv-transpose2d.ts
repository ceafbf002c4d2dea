import { attrsOf, convTranspose2d as definition } from '@ghostc/ops';
import { epilogueOf } from '../epilogue.ts';
import type { Emit } from '../kernel.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { packBias, packChannels } from './pack-channels.ts';
import { reachingTaps } from './reaching-taps.ts';
import { kernelSize, windowGeometry } from './window-geometry.ts';

/** An invocation computes 4 channels of one group at one pixel, from the taps that reach it. */
export const convTranspose2d: Emit = ({ node, arena, weights, matrix }) => {
  const attrs = attrsOf(definition, node);
  const { group } = attrs;
  const { N, C, M, OH, OW, ...window } = windowGeometry(node, kernelSize(node), attrs);
  const blocks = { groups: group, perGroup: M / group, inner: (C / group) * window.KH * window.KW };
  const perGroup4 = Math.ceil(blocks.perGroup / 4);
  const { key, text, floats } = epilogueOf(node.attrs, 'vec4f');
  return [
    {
      id: ['conv_transpose2d', key].join('_'),
      arena: 'f32',
      weights: 'vec4f',
      matrix: true,
      functions: [text],
      body,
      ints: {
        X_AT: arena(sourceOf(node, 0)),
        Y_AT: arena(node.output),
        W_AT: matrix(packChannels(weightOf(node, 1), blocks)),
        B_AT: weights(packBias(constantOf(node, 2), blocks)) / 4,
        ...{ C, M, OH, OW, ...window },
        CG: C / group,
        MG: blocks.perGroup,
        MG4: perGroup4,
        BLOCKS: group * perGroup4,
      },
      floats,
      count: N * group * perGroup4 * OH * OW,
    },
  ];
};

const body = `let j = item % OW;
var rest = item / OW;
let i = rest % OH;
rest = rest / OH;
let block = rest % BLOCKS;
let n = rest / BLOCKS;
let g = block / MG4;
let first = (block % MG4) * 4;
var sum = weights[B_AT + block];
${reachingTaps(`var x = X_AT + ((n * C + g * CG) * H + row / SY) * W + column / SX;
var w = W_AT + (block * CG * KH + u) * KW + v;
for (var c = 0; c < CG; c++) {
sum += matrix(w) * arena[x];
x += H * W;
w += KH * KW;
}`)}
let t = apply(sum);
let y = Y_AT + ((n * M + g * MG + first) * OH + i) * OW + j;
arena[y] = t.x;
if (first + 1 < MG) {
arena[y + OH * OW] = t.y;
}
if (first + 2 < MG) {
arena[y + 2 * OH * OW] = t.z;
}
if (first + 3 < MG) {
arena[y + 3 * OH * OW] = t.w;
}`;
