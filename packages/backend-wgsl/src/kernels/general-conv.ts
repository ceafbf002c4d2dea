import type { Value } from '@ghostc/ir';
import { epilogueOf } from '../epilogue.ts';
import type { KernelContext, Step } from '../kernel.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { packBias, packChannels } from './pack-channels.ts';
import { rowColumns } from './row-columns.ts';
import { storeRow } from './store-row.ts';
import type { WindowGeometry } from './window-geometry.ts';

/**
 * Any 2-d convolution: an invocation computes 4 channels of one group x 4 neighbours of an output row.
 * Kernel width, stride and dilation along x are in the module's text, as in the depthwise kernel.
 */
export function generalConv(context: KernelContext, geometry: WindowGeometry, groups: number): Step {
  const { node, arena, weights, matrix } = context;
  const { N, M, C, OH, OW, KH, KW, SX, DX, ...window } = geometry;
  const blocks = { groups, perGroup: M / groups, inner: (C / groups) * KH * KW };
  const perGroup4 = Math.ceil(blocks.perGroup / 4);
  const residual = node.inputs[3];
  const { key, text, floats } = epilogueOf(node.attrs, 'vec4f');
  return {
    id: ['conv2d', `k${KW}_s${SX}_d${DX}`, key, ...(residual ? ['residual'] : [])].join('_'),
    arena: 'f32',
    weights: 'vec4f',
    matrix: true,
    functions: [text],
    body: body(geometry, residual),
    ints: {
      X_AT: arena(sourceOf(node, 0)),
      Y_AT: arena(node.output),
      ...(residual && { R_AT: arena(residual) }),
      W_AT: matrix(packChannels(weightOf(node, 1), blocks)),
      B_AT: weights(packBias(constantOf(node, 2), blocks)) / 4,
      ...{ C, M, OH, OW, KH, ...window },
      // channels of one group, its blocks of output channels, blocks of all groups
      CG: C / groups,
      MG: blocks.perGroup,
      MG4: perGroup4,
      BLOCKS: groups * perGroup4,
      OW4: Math.ceil(OW / 4),
    },
    floats,
    count: N * groups * perGroup4 * OH * Math.ceil(OW / 4),
  };
}

const channels = [0, 1, 2, 3] as const;
const component = ['x', 'y', 'z', 'w'] as const;

function body(geometry: WindowGeometry, residual: Value | null | undefined): string {
  const { KW, SX } = geometry;
  const { declarations, row } = rowColumns(geometry);
  const tap = (pixels: string, v: string): string => `{
let a = ${pixels};
let f = matrix(w + ${v});
${channels.map((c) => `s${c} += f.${component[c]} * a;`).join('\n')}
}`;
  return `let j = (item % OW4) * 4;
var rest = item / OW4;
let i = rest % OH;
rest = rest / OH;
let block = rest % BLOCKS;
let n = rest / BLOCKS;
let g = block / MG4;
let first = (block % MG4) * 4;
let bias = weights[B_AT + block];
${channels.map((c) => `var s${c} = vec4f(bias.${component[c]});`).join('\n')}
let z = j * ${SX} - PL;
${declarations}
var w = W_AT + block * CG * KH * ${KW};
for (var c = 0; c < CG; c++) {
let plane = X_AT + (n * C + g * CG + c) * H * W;
for (var u = 0; u < KH; u++) {
let line = i * SY + u * DY - PT;
if (line >= 0 && line < H) {
let row = plane + line * W;
${row(tap)}
}
w += ${KW};
}
}
let y = ((n * M + g * MG + first) * OH + i) * OW + j;
${channels.map((c) => `if (first + ${c} < MG) {\n${storeRow({ sum: `s${c}`, index: `y + ${c} * OH * OW`, residual: !!residual })}\n}`).join('\n')}`;
}
