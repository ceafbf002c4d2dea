import { type TensorType, toNumbers } from '@ghostc/ir';
import { defineOp, firstType } from '../define-op.ts';
import { fullyConnected } from '../linear/linear.ts';
import {
  accumulatorScale,
  centred,
  centredWeight,
  layerType,
  requantizeChannels,
  weightMultipliers,
} from './qlinear-window.ts';
import { quantizedFacts } from './quantized-facts.ts';
import {
  affineOf,
  outputAffine,
  quantizedTensor,
  type Requantized,
  requantizedAttrs,
} from './quantized-type.ts';
import { type FixedMultiplier, quantizeMultiplier } from './requantize.ts';

/** TFLite FULLY_CONNECTED on integers: x [N,K], weight i8 [M,K], bias [M]; y = clamp(M[m] (bias[m] + sum (x - zx) (w - zw)) + zy). */
export const qlinearFullyConnected = defineOp({
  name: 'qlinear_fully_connected',
  inputs: ['x', 'weight', 'bias?'],
  attrs: requantizedAttrs,
  traits: ['reduction', 'integer'],
  ...quantizedFacts,
  storage: 'own',
  rows: 'none',
  channels: 'weights',
  infer({ x, weight, bias }, attrs) {
    const plain = { activation: 'none', activation_params: [] } as const;
    const { shape } = firstType(fullyConnected.infer({ x, weight }, plain));
    return layerType(shape, { x, weight, bias }, attrs, { multipliers: linearMultipliers });
  },
  evaluate({ x, weight, bias }, attrs, [type]) {
    const [rows = 0, inner = 0] = x.shape;
    const columns = weight.shape[0] ?? 0;
    const sums = products(centred(x), centredWeight(weight), { rows, inner, columns });
    const biases = bias && toNumbers(bias);
    if (biases) for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + Number(biases[i % columns]);
    const data = requantizeChannels(sums, {
      multipliers: linearMultipliers(x, weight, attrs),
      plane: 1,
      channels: columns,
      scale: accumulatorScale(x, attrs),
      attrs,
    });
    return quantizedTensor(type, [rows, columns], data);
  },
  macs: ({ x, weight }) => Number(x.shape[0]) * Number(weight.shape[0]) * Number(weight.shape[1]),
});

/**
 * M = sx sw / sy. With one scale for the whole weight TFLite multiplies sx sw in float32, with one for each channel in
 * double precision.
 */
export function linearMultipliers(
  x: TensorType,
  weight: TensorType,
  attrs: Requantized,
): readonly FixedMultiplier[] {
  const [first = 0] = weight.quant?.scale ?? [];
  if (weight.quant?.axis !== undefined) return weightMultipliers(x, weight, attrs);
  const product = Math.fround(affineOf(x, 'x').scale * Math.fround(first));
  return [quantizeMultiplier(product / outputAffine(attrs).scale)];
}

interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

function products(
  x: Int16Array | Int32Array,
  weight: Int8Array | Int16Array,
  { rows, inner, columns }: Sizes,
): Float64Array {
  const sums = new Float64Array(rows * columns);
  for (let i = 0; i < sums.length; i++) {
    const from = Math.floor(i / columns) * inner;
    const row = (i % columns) * inner;
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += (x[from + k] ?? 0) * (weight[row + k] ?? 0);
    sums[i] = sum;
  }
  return sums;
}
