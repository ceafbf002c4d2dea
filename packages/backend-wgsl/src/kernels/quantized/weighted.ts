import { numElements, staticShape } from '@ghostc/ir';
import {
  affineOf,
  attrsOf,
  type FixedMultiplier,
  linearMultipliers,
  qlinearConv2d,
  qlinearDepthwiseConv2d,
  qlinearFullyConnected,
  type Requantized,
  weightMultipliers,
} from '@ghostc/ops';
import type { Kernel, KernelContext, Step } from '../../kernel.ts';
import { constantOf, sourceOf, weightOf } from '../operands.ts';
import { kernelSize, type WindowAttrs, type WindowGeometry, windowGeometry } from '../window-geometry.ts';
import { byteStep, limits, wordsOfBytes } from './byte-step.ts';
import { byteText, lanesText, limitedText, packedText, scaledText, weightText } from './integer-text.ts';

export const conv2d: Kernel = (context) => {
  const attrs = attrsOf(qlinearConv2d, context.node);
  const layer = layerOf(context, attrs, attrs);
  if (attrs.group === 1 && isPointwise(context, attrs, layer)) return [pointwise(context, layer)];
  return [general(context, layer, { perGroup: layer.geometry.M / attrs.group })];
};

export const depthwiseConv2d: Kernel = (context) => {
  const attrs = attrsOf(qlinearDepthwiseConv2d, context.node);
  return [general(context, layerOf(context, attrs, attrs), { perGroup: attrs.multiplier })];
};

interface Layer {
  readonly geometry: WindowGeometry;
  readonly attrs: Requantized;
  readonly multipliers: readonly FixedMultiplier[];
  readonly zeroPoint: number;
  readonly weight: Int8Array;
  /** Input channels of a group. */
  readonly inner: number;
}

function layerOf({ node }: KernelContext, window: WindowAttrs, attrs: Requantized): Layer {
  const [x, weight] = [sourceOf(node, 0).type, sourceOf(node, 1).type];
  return {
    geometry: windowGeometry(node, kernelSize(node), window),
    attrs,
    multipliers: weightMultipliers(x, weight, attrs),
    zeroPoint: affineOf(x, 'x').zeroPoint,
    weight: weightOf(node, 1) as unknown as Int8Array,
    inner: staticShape(weight.shape)[1] ?? 1,
  };
}

/** Words [bias, multiplier, shift] for each output channel. */
function channelTable(
  { node }: KernelContext,
  multipliers: readonly FixedMultiplier[],
  biasOf: (bias: number, channel: number) => number = (bias) => bias,
): Int32Array {
  const channels = staticShape(sourceOf(node, 1).type.shape)[0] ?? 0;
  const bias = constantOf(node, 2);
  const table = new Int32Array(channels * 3);
  for (let m = 0; m < channels; m++) {
    const { multiplier, shift } = multipliers[m] ?? (multipliers[0] as FixedMultiplier);
    table.set([biasOf(bias?.[m] ?? 0, m), multiplier, shift], m * 3);
  }
  return table;
}

const finish = (sum: string, m: string): string =>
  `limited(scaled(${sum}, weights[Q_AT + ${m} * 3 + 1], weights[Q_AT + ${m} * 3 + 2]))`;

/** Any window and grouping, element by element: output channel m reads the input channels of group m / MG. */
function general(context: KernelContext, layer: Layer, { perGroup }: { readonly perGroup: number }): Step {
  const { node, arena, weights } = context;
  const { N: _, ...geometry } = layer.geometry;
  const { dtype } = sourceOf(node, 0).type;
  return byteStep({
    id: `qlinear_conv2d_${layer.attrs.rounding}_${dtype}`,
    functions: [byteText(dtype), weightText, scaledText(layer.attrs.rounding), limitedText, generalValue],
    ints: {
      X_AT: arena(sourceOf(node, 0)) * 4,
      W_AT: weights(wordsOfBytes(layer.weight)) * 4,
      Q_AT: weights(channelTable(context, layer.multipliers)),
      ...geometry,
      CG: layer.inner,
      MG: perGroup,
      ZX: layer.zeroPoint,
      ...limits(layer.attrs),
    },
    output: node.output,
    at: arena(node.output),
  });
}

const generalValue = `fn value(e: i32) -> i32 {
let left = (e % OW) * SX - PL;
let top = ((e / OW) % OH) * SY - PT;
let m = (e / (OW * OH)) % M;
let n = e / (OW * OH * M);
var sum = weights[Q_AT + m * 3];
var plane = X_AT + (n * C + (m / MG) * CG) * H * W;
var w = W_AT + m * CG * KH * KW;
for (var c = 0; c < CG; c++) {
for (var u = 0; u < KH; u++) {
let y = top + u * DY;
if (y >= 0 && y < H) {
for (var t = 0; t < KW; t++) {
let x = left + t * DX;
if (x >= 0 && x < W) {
sum += (byte(plane + y * W + x) - ZX) * weight(w + t);
}
}
}
w += KW;
}
plane += H * W;
}
return ${finish('sum', 'm')};
}`;

function isPointwise(
  { node }: KernelContext,
  { pads }: WindowAttrs,
  { geometry: { KH, KW, SY, SX, OH, OW } }: Layer,
): boolean {
  const unpadded = pads.every((pad) => pad === 0);
  return KH * KW * SY * SX === 1 && unpadded && (OH * OW) % 4 === 0 && sourceOf(node, 0).type.dtype === 'i8';
}

/**
 * 1x1 over planes of whole words: an invocation computes 4 channels x 4 pixels. Weights lie as [M/4][K] words of four
 * channels, 0 beyond M. The zero point of x is folded into the bias: b - zx sum(w).
 */
function pointwise(context: KernelContext, layer: Layer): Step {
  const { node, arena, weights } = context;
  const { N, M, OH, OW } = layer.geometry;
  const { inner, weight, zeroPoint, attrs } = layer;
  const folded = (bias: number, m: number): number =>
    (bias - zeroPoint * weight.subarray(m * inner, (m + 1) * inner).reduce((sum, w) => sum + w, 0)) | 0;
  const [blocks, plane] = [Math.ceil(M / 4), (OH * OW) / 4];
  return {
    id: `qlinear_pointwise_${attrs.rounding}`,
    arena: 'i32',
    weights: 'i32',
    functions: [lanesText, packedText, scaledText(attrs.rounding), limitedText, storeText],
    body: pointwiseBody,
    ints: {
      X_AT: arena(sourceOf(node, 0)),
      Y_AT: arena(node.output),
      W_AT: weights(wordsOfBytes(packFour(weight, inner))),
      Q_AT: weights(channelTable(context, layer.multipliers, folded)),
      K: inner,
      M,
      BLOCKS: blocks,
      P: plane,
      ...limits(attrs),
    },
    count: N * blocks * plane,
  };
}

/** [M, K] to [M/4][K][4]. */
function packFour(weight: Int8Array, inner: number): Int8Array {
  const channels = weight.length / inner;
  const packed = new Int8Array(Math.ceil(channels / 4) * inner * 4);
  for (let m = 0; m < channels; m++)
    for (let k = 0; k < inner; k++)
      packed[((m >> 2) * inner + k) * 4 + (m & 3)] = weight[m * inner + k] as number;
  return packed;
}

const storeText = `fn store(at: i32, m: i32, sums: vec4i) {
if (m < M) {
let q = Q_AT + m * 3;
let v = sums + vec4i(weights[q]);
let multiplier = weights[q + 1];
let shift = weights[q + 2];
arena[at + m * P] = packed(vec4i(${['x', 'y', 'z', 'w'].map((c) => `limited(scaled(v.${c}, multiplier, shift))`).join(',\n')}));
}
}`;

const pointwiseBody = `let p = item % P;
let block = (item / P) % BLOCKS;
let n = item / (P * BLOCKS);
var x = X_AT + n * K * P + p;
let first = W_AT + block * K;
var s0 = vec4i(0);
var s1 = vec4i(0);
var s2 = vec4i(0);
var s3 = vec4i(0);
for (var k = 0; k < K; k++) {
let v = lanes(arena[x]);
let f = lanes(weights[first + k]);
s0 += f.x * v;
s1 += f.y * v;
s2 += f.z * v;
s3 += f.w * v;
x += P;
}
let y = Y_AT + n * M * P + p;
${[0, 1, 2, 3].map((i) => `store(y, block * 4 + ${i}, s${i});`).join('\n')}`;

export const fullyConnected: Kernel = (context) => {
  const { node, arena, weights } = context;
  const x = sourceOf(node, 0);
  const attrs = attrsOf(qlinearFullyConnected, node);
  const multipliers = linearMultipliers(x.type, sourceOf(node, 1).type, attrs);
  const [, K = 1] = staticShape(x.type.shape);
  return [
    byteStep({
      id: `qlinear_fully_connected_${attrs.rounding}_${x.type.dtype}`,
      functions: [byteText(x.type.dtype), weightText, scaledText(attrs.rounding), limitedText, denseValue],
      ints: {
        X_AT: arena(x) * 4,
        W_AT: weights(wordsOfBytes(weightOf(node, 1) as unknown as Int8Array)) * 4,
        Q_AT: weights(channelTable(context, multipliers)),
        K,
        M: numElements(node.output.type.shape.slice(1)),
        ZX: affineOf(x.type, 'x').zeroPoint,
        ...limits(attrs),
      },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};

const denseValue = `fn value(e: i32) -> i32 {
let m = e % M;
let x = X_AT + (e / M) * K;
let w = W_AT + m * K;
var sum = weights[Q_AT + m * 3];
for (var k = 0; k < K; k++) {
sum += (byte(x + k) - ZX) * weight(w + k);
}
return ${finish('sum', 'm')};
}`;
