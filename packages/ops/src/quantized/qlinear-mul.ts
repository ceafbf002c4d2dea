import type { TensorType } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { pairShape, zipIntegers } from './qlinear-add.ts';
import { quantizedFacts } from './quantized-facts.ts';
import {
  affineOf,
  outputAffine,
  type Requantized,
  requantizedAttrs,
  requantizedType,
  requantizer,
} from './quantized-type.ts';
import { type FixedMultiplier, quantizeMultiplier } from './requantize.ts';

/** TFLite MUL with NumPy broadcasting: y = clamp(M (a - za) (b - zb) + zy), M = sa sb / sy computed in float32. */
export const qlinearMul = defineOp({
  name: 'qlinear_mul',
  inputs: ['a', 'b'],
  attrs: requantizedAttrs,
  traits: ['elementwise', 'binary', 'integer'],
  ...quantizedFacts,
  storage: 'in-place',
  rows: 'same',
  infer({ a, b }, attrs) {
    productMultiplier(a, b, attrs);
    return requantizedType(pairShape(a, b), attrs);
  },
  evaluate({ a, b }, attrs, [type]) {
    const [za, zb] = [affineOf(a, 'a').zeroPoint, affineOf(b, 'b').zeroPoint];
    const finish = requantizer(productMultiplier(a, b, attrs), attrs);
    return zipIntegers([a, b], type, (p, q) => finish((p - za) * (q - zb)));
  },
});

/** M = sa sb / sy, each operation rounded to float32 as in TFLite. */
export function productMultiplier(a: TensorType, b: TensorType, attrs: Requantized): FixedMultiplier {
  const product = Math.fround(affineOf(a, 'a').scale * affineOf(b, 'b').scale);
  return quantizeMultiplier(Math.fround(product / outputAffine(attrs).scale));
}
