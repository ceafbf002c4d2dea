import type { KernelContext, Step } from '../../kernel.ts';
import { sourceOf } from '../operands.ts';
import { limits, wordsOfBytes } from './byte-step.ts';
import { lanesText, limitedText, scaledText, wordText } from './integer-text.ts';
import { asSigned, channelTable, type WeightedLayer } from './weighted-layer.ts';

/** Do rows of x and y start on whole words, and weights have 8 bits? */
export function hasWholeRows({ inner, weight, geometry: { W, OW, KW, SX, DX } }: WeightedLayer): boolean {
  return weight instanceof Int8Array && inner === 1 && W % 4 === 0 && OW % 4 === 0 && KW * DX + 3 * SX <= 24;
}

/**
 * Depthwise, four neighbours of an output row an invocation. The words of a row that their windows touch are loaded once; which
 * byte of them each tap reads is known when the code is written, since 4 SX columns lie between two invocations.
 */
export function rowDepthwise(context: KernelContext, layer: WeightedLayer, perGroup: number): Step {
  const { node, arena, weights } = context;
  const { attrs, geometry, multipliers, weight } = layer;
  const { N, C, H, W, M, OH, OW, KH, KW, SY, SX, DY, DX, PT, PL } = geometry;
  const { flip, zeroPoint } = asSigned(layer);
  const byte = zeroPoint & 255;
  return {
    id: `qlinear_depthwise_rows_k${KW}_s${SX}_d${DX}_p${PL}_${attrs.rounding}`,
    arena: 'i32',
    weights: 'i32',
    functions: [lanesText, scaledText(attrs.rounding), limitedText, wordText],
    body: bodyText(geometry),
    ints: {
      X_AT: arena(sourceOf(node, 0)),
      Y_AT: arena(node.output),
      W_AT: weights(wordsOfBytes(weight)) * 4,
      Q_AT: weights(channelTable(context, { multipliers, weight, zeroPoint })),
      C,
      H,
      W4: W / 4,
      M,
      OH,
      OW4: OW / 4,
      KH,
      SY,
      DY,
      PT,
      MG: perGroup,
      FLIP: flip,
      ZX4: byte | (byte << 8) | (byte << 16) | (byte << 24),
      ...limits(attrs),
    },
    count: (N * M * OH * OW) / 4,
  };
}

interface Taps {
  readonly KW: number;
  readonly SX: number;
  readonly DX: number;
  readonly PL: number;
}

function bodyText({ KW, SX, DX, PL }: Taps): string {
  const skipped = Math.ceil(PL / 4) * 4 - PL; // bytes of the first word before the window of the first output
  const words = Math.ceil((skipped + 3 * SX + (KW - 1) * DX + 1) / 4);
  const column = (c: number): string => `v${(skipped + c) >> 2}.${'xyzw'[(skipped + c) & 3]}`;
  const taps = Array.from({ length: KW }, (_, t) =>
    [0, 1, 2, 3].map((j) => column(j * SX + t * DX)).join(', '),
  );
  const each = Array.from({ length: words }, (_, i) => i);
  return `let i = item % OW4;
let o = (item / OW4) % OH;
let m = (item / (OW4 * OH)) % M;
let n = item / (OW4 * OH * M);
let first = i * ${SX} - ${Math.ceil(PL / 4)};
let plane = X_AT + (n * C + m / MG) * H * W4;
${each.map((k) => `let x${k} = clamp(first + ${k}, 0, W4 - 1);\nlet i${k} = x${k} == first + ${k};`).join('\n')}
var w = W_AT + m * KH * ${KW};
var sum = vec4i(weights[Q_AT + m * 3]);
for (var u = 0; u < KH; u++) {
let y = o * SY - PT + u * DY;
let row = plane + clamp(y, 0, H - 1) * W4;
let inside = y >= 0 && y < H;
${each.map((k) => `let v${k} = lanes(select(ZX4, arena[row + x${k}] ^ FLIP, inside && i${k}));`).join('\n')}
${taps.map((tap, t) => `sum += extractBits(weights[(w + ${t}) >> 2u], u32((w + ${t}) & 3) * 8u, 8u) * vec4i(${tap});`).join('\n')}
w += ${KW};
}
arena[Y_AT + item] = word_of(sum, m);`;
}
