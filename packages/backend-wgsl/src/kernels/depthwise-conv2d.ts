import { attrsOf, depthwiseConv2d as depthwiseOp } from '@ghostc/ops';
import { epilogueOf } from '../epilogue.ts';
import type { Kernel } from '../kernel.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { storeRow } from './store-row.ts';
import { kernelSize, rowAccess, type WindowGeometry, windowGeometry } from './window-geometry.ts';

/**
 * Depthwise convolution: an invocation computes 4 neighbours of an output row, and reads each input element of their
 * windows once. The taps of a row are unrolled: kernel width, stride and dilation along x are in the module's text.
 */
export const depthwiseConv2d: Kernel = ({ node, arena, weights }) => {
  const attrs = attrsOf(depthwiseOp, node);
  const { N, ...geometry } = windowGeometry(node, kernelSize(node), attrs);
  const { M, OH, OW, KW, SX, DX, ...ints } = geometry;
  const residual = node.inputs[3];
  const { key, text, floats } = epilogueOf(node, 'vec4f');
  const variant = `k${KW}_s${SX}_d${DX}`;
  const bias = constantOf(node, 2) ?? new Float32Array(M);
  return [
    {
      id: ['depthwise', variant, key, ...(residual ? ['residual'] : [])].join('_'),
      arena: 'f32',
      weights: 'f32',
      functions: [rowAccess, text],
      body: body({ N, ...geometry }, !!residual),
      ints: {
        X_AT: arena(sourceOf(node, 0)),
        Y_AT: arena(node.output),
        ...(residual && { R_AT: arena(residual) }),
        W_AT: weights(weightOf(node, 1)),
        B_AT: weights(bias),
        ...{ M, OH, OW, ...ints },
        MULTIPLIER: attrs.multiplier,
        OW4: Math.ceil(OW / 4),
      },
      floats,
      count: N * M * OH * Math.ceil(OW / 4),
    },
  ];
};

function body({ KW, SX, DX }: WindowGeometry, residual: boolean): string {
  const taps = Array.from({ length: KW }, (_, v) => v);
  const columns = new Set(taps.flatMap((v) => [0, 1, 2, 3].map((k) => k * SX + v * DX)));
  const loads = [...columns].sort((a, b) => a - b).map((x) => `let c${x} = at(row, z + ${x});`);
  const sums = taps.map((v) => {
    const reads = [0, 1, 2, 3].map((k) => `c${k * SX + v * DX}`);
    return `sum += weights[w + ${v}] * vec4f(${reads.join(', ')});`;
  });
  return `let j = (item % OW4) * 4;
var rest = item / OW4;
let i = rest % OH;
rest = rest / OH;
let m = rest % M;
let n = rest / M;
let plane = X_AT + (n * C + m / MULTIPLIER) * H * W;
let z = j * ${SX} - PL;
var w = W_AT + m * KH * ${KW};
var sum = vec4f(weights[B_AT + m]);
for (var u = 0; u < KH; u++) {
let line = i * SY + u * DY - PT;
if (line >= 0 && line < H) {
let row = plane + line * W;
${loads.join('\n')}
${sums.join('\n')}
}
w += ${KW};
}
${storeRow({ sum: 'sum', index: '((n * M + m) * OH + i) * OW + j', residual })}`;
}
