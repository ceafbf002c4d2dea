import { numElements, staticShape, type Value } from '@ghostc/ir';
import type { Requantized } from '@ghostc/ops';
import type { KernelContext, Step } from '../../kernel.ts';
import { sourceOf } from '../operands.ts';
import { byteStep, limits, wordsOfBytes } from './byte-step.ts';
import { byteText, lanesText, limitedText, scaledText, weightText, wideWeightText } from './integer-text.ts';
import { asSigned, type ChannelTable, channelTable, finish } from './weighted-layer.ts';

interface Dense extends ChannelTable {
  readonly attrs: Requantized;
}

/**
 * y[n, m] = sum over k of x[n, k] w[m, k]: rows of bytes as words of four, filled up with zeros in the weights. Rows of x that
 * do not start on whole words, and weights of 16 bits, are read one by one.
 */
export function dense(context: KernelContext, layer: Dense): Step {
  const x = sourceOf(context.node, 0);
  const [N = 1, K = 1] = staticShape(x.type.shape);
  const { weight } = layer;
  const whole = weight instanceof Int8Array && (N === 1 || K % 4 === 0);
  return whole ? words(context, { ...layer, weight }, x) : bytes(context, layer, x);
}

function words(context: KernelContext, layer: Dense & { readonly weight: Int8Array }, x: Value): Step {
  const { node, arena, weights } = context;
  const { attrs, multipliers, weight } = layer;
  const { flip, zeroPoint } = asSigned({ ...layer, unsigned: x.type.dtype === 'u8' });
  const K = Number(x.type.shape[1]);
  const functions = [lanesText, scaledText(attrs.rounding), limitedText];
  const step = byteStep({
    id: `qlinear_dense_${attrs.rounding}`,
    functions: [...functions, valueText('dot(lanes(a), lanes(b))')],
    ints: {
      X_AT: arena(x),
      W_AT: weights(wordsOfBytes(paddedRows(weight, K))),
      Q_AT: weights(channelTable(context, { multipliers, weight, zeroPoint })),
      K4: Math.ceil(K / 4),
      M: numElements(node.output.type.shape.slice(1)),
      FLIP: flip,
      ...limits(attrs),
    },
    output: node.output,
    at: arena(node.output),
  });
  const packed = valueText('dot4I8Packed(u32(a), u32(b))');
  return { ...step, dotFunctions: [...functions, packed], dotBody: step.body };
}

const valueText = (product: string): string => `fn value(e: i32) -> i32 {
let m = e % M;
let x = X_AT + (e / M) * K4;
let w = W_AT + m * K4;
var sum = weights[Q_AT + m * 3];
for (var k = 0; k < K4; k++) {
let a = arena[x + k] ^ FLIP;
let b = weights[w + k];
sum += ${product};
}
return ${finish('sum', 'm')};
}`;

/** [M, K] with zeros up to a multiple of four. */
function paddedRows(weight: Int8Array, inner: number): Int8Array {
  const stride = Math.ceil(inner / 4) * 4;
  const rows = new Int8Array((weight.length / inner) * stride);
  for (let m = 0; m * inner < weight.length; m++)
    rows.set(weight.subarray(m * inner, (m + 1) * inner), m * stride);
  return rows;
}

function bytes(context: KernelContext, { attrs, ...table }: Dense, x: Value): Step {
  const { node, arena, weights } = context;
  const wide = table.weight instanceof Int16Array;
  return byteStep({
    id: `qlinear_dense_bytes_${wide ? 'wide_' : ''}${attrs.rounding}_${x.type.dtype}`,
    functions: [
      byteText(x.type.dtype),
      wide ? wideWeightText : weightText,
      scaledText(attrs.rounding),
      limitedText,
      byteValue,
    ],
    ints: {
      X_AT: arena(x) * 4,
      W_AT: weights(wordsOfBytes(table.weight)) * (wide ? 2 : 4),
      Q_AT: weights(channelTable(context, table)),
      K: Number(x.type.shape[1]),
      M: numElements(node.output.type.shape.slice(1)),
      ...limits(attrs),
    },
    output: node.output,
    at: arena(node.output),
  });
}

const byteValue = `fn value(e: i32) -> i32 {
let m = e % M;
let x = X_AT + (e / M) * K;
let w = W_AT + m * K;
var sum = weights[Q_AT + m * 3];
for (var k = 0; k < K; k++) {
sum += byte(x + k) * weight(w + k);
}
return ${finish('sum', 'm')};
}`;
