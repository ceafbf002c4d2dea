import type { TensorType } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { pairShape, zipIntegers } from './qlinear-add.ts';
import { productMultiplier } from './qlinear-mul.ts';
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

/**
 * TFLite PRELU with NumPy broadcasting, b the slope: with p = a - za and q = b - zb, y = clamp(M p + zy) for p >= 0, else
 * clamp(N p q + zy), M = sa / sy, N = sa sb / sy, both computed in float32.
 */
export const qlinearPrelu = defineOp({
  name: 'qlinear_prelu',
  inputs: ['a', 'b'],
  attrs: requantizedAttrs,
  traits: ['elementwise', 'binary', 'integer'],
  ...quantizedFacts,
  storage: 'in-place',
  rows: 'same',
  infer({ a, b }, attrs) {
    preluMultipliers(a, b, attrs);
    return requantizedType(pairShape(a, b), attrs);
  },
  evaluate({ a, b }, attrs, [type]) {
    const [za, zb] = [affineOf(a, 'a').zeroPoint, affineOf(b, 'b').zeroPoint];
    const { positive, negative } = preluMultipliers(a, b, attrs);
    const [above, below] = [requantizer(positive, attrs), requantizer(negative, attrs)];
    return zipIntegers([a, b], type, (x, slope) => {
      const p = x - za;
      return p >= 0 ? above(p) : below(p * (slope - zb));
    });
  },
});

/** Fixed-point factors of x and of x times its slope. */
export interface PreluMultipliers {
  readonly positive: FixedMultiplier;
  readonly negative: FixedMultiplier;
}

/** M = sa / sy and N = sa sb / sy. Throws `quant/multiplier` where one is too large. */
export function preluMultipliers(a: TensorType, b: TensorType, attrs: Requantized): PreluMultipliers {
  return {
    positive: quantizeMultiplier(Math.fround(affineOf(a, 'a').scale / outputAffine(attrs).scale)),
    negative: productMultiplier(a, b, attrs),
  };
}
