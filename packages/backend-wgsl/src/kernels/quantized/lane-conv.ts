import { numElements } from '@ghostc/ir';
import type { KernelContext, Step } from '../../kernel.ts';
import { sourceOf } from '../operands.ts';
import { limits, wordsOfBytes } from './byte-step.ts';
import {
  factorsText,
  gatherText,
  limitedText,
  packedText,
  scaledText,
  wideWeightText,
} from './integer-text.ts';
import { asSigned, channelTable, type WeightedLayer } from './weighted-layer.ts';

/**
 * Any window and grouping: an invocation computes four neighbours of the output, each by itself, output channel m from the
 * input channels of group m / perGroup. Where planes are whole words the four have one channel.
 */
export function laneConv(context: KernelContext, layer: WeightedLayer, perGroup: number): Step {
  const { node, arena, weights } = context;
  const { attrs, geometry, inner, multipliers, weight } = layer;
  const { N: _, ...sizes } = geometry;
  const { flip, zeroPoint } = asSigned(layer);
  const same = (sizes.OH * sizes.OW) % 4 === 0;
  const single = inner === 1;
  const wide = weight instanceof Int16Array;
  const length = numElements(node.output.type.shape);
  return {
    id: [
      single ? 'qlinear_depthwise' : 'qlinear_grouped',
      `k${sizes.KW}`,
      ...(same ? [] : ['mixed']),
      ...(wide ? ['wide'] : []),
      attrs.rounding,
    ].join('_'),
    arena: 'i32',
    weights: 'i32',
    functions: [
      packedText,
      scaledText(attrs.rounding),
      limitedText,
      gatherText,
      ...(wide ? [wideWeightText] : same ? [] : [factorsText]),
    ],
    body: bodyText({ same, single, wide, columns: sizes.KW }),
    ints: {
      LENGTH: length,
      X_AT: arena(sourceOf(node, 0)) * 4,
      Y_AT: arena(node.output),
      W_AT: weights(wordsOfBytes(weight)) * (wide ? 2 : 4),
      Q_AT: weights(channelTable(context, { multipliers, weight, zeroPoint })),
      ...sizes,
      CG: inner,
      MG: perGroup,
      FLIP: flip,
      ZX: zeroPoint,
      ...limits(attrs),
    },
    count: Math.ceil(length / 4),
  };
}

interface LaneForm {
  readonly same: boolean;
  readonly single: boolean;
  /** Weights have 16 bits. */
  readonly wide: boolean;
  /** KW. */
  readonly columns: number;
}

/** Wider windows are a loop over their taps. */
const MAX_WRITTEN_OUT = 16;

interface LaneTaps {
  /** Once for all rows: where tap t reads, and whether that is inside the row. */
  readonly declarations: string;
  /** Adds the products of a row. */
  readonly sums: string;
}

type Weight = (t: number | string) => string;

const place = (t: number | string): string =>
  `let x${t} = clamp(left + vec4i(${t} * DX), vec4i(0), vec4i(W - 1));\nlet i${t} = x${t} == left + vec4i(${t} * DX);`;

const product = (t: number | string, weight: Weight): string =>
  `sum += select(vec4i(ZX), gather(row + x${t}), inside & i${t}) * ${weight(t)};`;

function writtenOut(columns: number, weight: Weight): LaneTaps {
  const taps = Array.from({ length: columns }, (_, t) => t);
  return {
    declarations: taps.map(place).join('\n'),
    sums: taps.map((t) => product(t, weight)).join('\n'),
  };
}

function looped(weight: Weight): LaneTaps {
  return {
    declarations: '',
    sums: `for (var t = 0; t < KW; t++) {\n${place('t')}\n${product('t', weight)}\n}`,
  };
}

/** The weight of tap t; of four channels where the pixels have different ones. */
function weightAt({ same, wide }: LaneForm, t: number | string): string {
  if (wide && same) return `weight(w + ${t})`;
  if (wide) return `vec4i(${lanes.map((lane) => `weight(w.${lane} + ${t})`).join(', ')})`;
  if (same) return `extractBits(weights[(w + ${t}) >> 2u], u32((w + ${t}) & 3) * 8u, 8u)`;
  return `factors(w + vec4i(${t}))`;
}

const lanes = ['x', 'y', 'z', 'w'] as const;

function bodyText(form: LaneForm): string {
  const { same, single, columns } = form;
  const [one, at] = same ? ['i32', 'm'] : ['vec4i', 'm[j]'];
  const wide = (text: string): string => (same ? text : `vec4i(${text})`);
  const weight: Weight = (t) => weightAt(form, t);
  const { declarations, sums } = columns > MAX_WRITTEN_OUT ? looped(weight) : writtenOut(columns, weight);
  const loop = single ? '' : 'for (var c = 0; c < CG; c++) {\n';
  return `let e = min(vec4i(item * 4) + vec4i(0, 1, 2, 3), vec4i(LENGTH - 1));
let plane = OH * OW;
let m = ${same ? '(item * 4 / plane) % M' : '(e / vec4i(plane)) % vec4i(M)'};
let n = ${same ? 'item * 4 / (plane * M)' : 'e / vec4i(plane * M)'};
let left = e % vec4i(OW) * vec4i(SX) - vec4i(PL);
let top = (e / vec4i(OW)) % vec4i(OH) * vec4i(SY) - vec4i(PT);
${declarations}
var base = vec4i(X_AT + (n * ${wide('C')} + m / ${wide('MG')} * ${wide('CG')}) * ${wide('H * W')});
var w: ${one} = ${wide('W_AT')} + m * ${wide('CG * KH * KW')};
var sum = vec4i(${same ? 'weights[Q_AT + m * 3]' : [0, 1, 2, 3].map((j) => `weights[Q_AT + m[${j}] * 3]`).join(', ')});
${loop}for (var u = 0; u < KH; u++) {
let y = top + vec4i(u * DY);
let row = base + clamp(y, vec4i(0), vec4i(H - 1)) * vec4i(W);
let inside = (y >= vec4i(0)) & (y < vec4i(H));
${sums}
w += ${wide('KW')};
}
${single ? '' : 'base += vec4i(H * W);\n}'}
var y = vec4i(0);
for (var j = 0; j < 4; j++) {
if (item * 4 + j < LENGTH) {
y[j] = limited(scaled(sum[j], weights[Q_AT + ${at} * 3 + 1], weights[Q_AT + ${at} * 3 + 2]));
}
}
arena[Y_AT + item] = packed(y);`;
}
