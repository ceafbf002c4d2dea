import { epilogueOf } from '../epilogue.ts';
import type { KernelContext, Step } from '../kernel.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { packBias, packChannels } from './pack-channels.ts';
import { storeRow } from './store-row.ts';
import { rowAccess, type WindowGeometry } from './window-geometry.ts';

/** Any 2-d convolution: an invocation computes 4 channels of one group x 4 neighbours of an output row. */
export function generalConv(context: KernelContext, geometry: WindowGeometry, groups: number): Step {
  const { node, arena, weights } = context;
  const { N, M, C, OH, OW, KH, KW, ...window } = geometry;
  const blocks = { groups, perGroup: M / groups, inner: (C / groups) * KH * KW };
  const perGroup4 = Math.ceil(blocks.perGroup / 4);
  const residual = node.inputs[3];
  const { key, text, floats } = epilogueOf(node, 'vec4f');
  return {
    id: ['conv2d', key, ...(residual ? ['residual'] : [])].join('_'),
    arena: 'f32',
    weights: 'vec4f',
    functions: [rowAccess, text],
    body: body(!!residual),
    ints: {
      X_AT: arena(sourceOf(node, 0)),
      Y_AT: arena(node.output),
      ...(residual && { R_AT: arena(residual) }),
      W_AT: weights(packChannels(weightOf(node, 1), blocks)) / 4,
      B_AT: weights(packBias(constantOf(node, 2), blocks)) / 4,
      ...{ C, M, OH, OW, KH, KW, ...window },
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

const body = (residual: boolean): string => `let j = (item % OW4) * 4;
var rest = item / OW4;
let i = rest % OH;
rest = rest / OH;
let block = rest % BLOCKS;
let n = rest / BLOCKS;
let g = block / MG4;
let first = (block % MG4) * 4;
let bias = weights[B_AT + block];
${channels.map((c) => `var s${c} = vec4f(bias.${component[c]});`).join('\n')}
var w = W_AT + block * CG * KH * KW;
let z = j * SX - PL;
for (var c = 0; c < CG; c++) {
let plane = X_AT + (n * C + g * CG + c) * H * W;
for (var u = 0; u < KH; u++) {
let line = i * SY + u * DY - PT;
if (line < 0 || line >= H) {
w += KW;
continue;
}
let row = plane + line * W;
for (var v = 0; v < KW; v++) {
let f = weights[w];
let x = z + v * DX;
let a = vec4f(at(row, x), at(row, x + SX), at(row, x + 2 * SX), at(row, x + 3 * SX));
${channels.map((c) => `s${c} += f.${component[c]} * a;`).join('\n')}
w++;
}
}
}
let y = ((n * M + g * MG + first) * OH + i) * OW + j;
${channels.map((c) => `if (first + ${c} < MG) {\n${storeRow({ sum: `s${c}`, index: `y + ${c} * OH * OW`, residual })}\n}`).join('\n')}`;
