import type { TensorType } from '@ghostc/ir';
import { productMultiplier } from './qlinear-mul.ts';
import { quantizedPair } from './quantized-pair.ts';
import { affineOf, outputAffine, type Requantized, requantizer } from './quantized-type.ts';
import { type FixedMultiplier, quantizeMultiplier } from './requantize.ts';

/**
 * TFLite PRELU with NumPy broadcasting, b the slope: with p = a - za and q = b - zb, y = clamp(M p + zy) for p >= 0, else
 * clamp(N p q + zy), M = sa / sy, N = sa sb / sy, both computed in float32.
 */
export const qlinearPrelu = quantizedPair({
  name: 'qlinear_prelu',
  factors: preluMultipliers,
  formula({ positive, negative }, attrs) {
    const [above, below] = [requantizer(positive, attrs), requantizer(negative, attrs)];
    return (p, q) => (p >= 0 ? above(p) : below(p * q));
  },
});

/** Fixed-point factors for x and for x times its slope. */
export interface PreluMultipliers {
  readonly positive: FixedMultiplier;
  readonly negative: FixedMultiplier;
}

/** M = sa / sy and N = sa sb / sy. Throws `quant/multiplier` if one is too large. */
export function preluMultipliers(a: TensorType, b: TensorType, attrs: Requantized): PreluMultipliers {
  return {
    positive: quantizeMultiplier(Math.fround(affineOf(a, 'a').scale / outputAffine(attrs).scale)),
    negative: productMultiplier(a, b, attrs),
  };
}
