import { allocate, type TensorType } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { quantizedFacts } from './quantized-facts.ts';
import {
  activationData,
  affineOf,
  outputAffine,
  quantizedTensor,
  type Requantized,
  requantizedAttrs,
  requantizedType,
  requantizer,
} from './quantized-type.ts';
import { type FixedMultiplier, quantizeMultiplier } from './requantize.ts';

/**
 * Integers of one quantisation to those of another, TFLite QUANTIZE of integers: y = clamp(M (x - zx) + zy), M = sx / sy.
 * With only `clamp` it is a ReLU in the quantised domain.
 */
export const requantizeLinear = defineOp({
  name: 'requantize',
  inputs: ['x'],
  attrs: requantizedAttrs,
  traits: ['elementwise', 'unary', 'integer'],
  ...quantizedFacts,
  storage: 'in-place',
  rows: 'same',
  channels: 'same',
  infer({ x }, attrs) {
    requantizeMultiplier(x, attrs);
    return requantizedType(x.shape, attrs);
  },
  evaluate({ x }, attrs, [type]) {
    const { zeroPoint } = affineOf(x, 'x');
    const scaled = requantizer(requantizeMultiplier(x, attrs), attrs);
    const source = activationData(x);
    const data = allocate(attrs.y_dtype, source.length);
    for (let i = 0; i < data.length; i++) data[i] = scaled((source[i] ?? 0) - zeroPoint);
    return quantizedTensor(type, x.shape, data);
  },
});

/** M = sx / sy. */
export function requantizeMultiplier(x: TensorType, attrs: Requantized): FixedMultiplier {
  return quantizeMultiplier(affineOf(x, 'x').scale / outputAffine(attrs).scale);
}
