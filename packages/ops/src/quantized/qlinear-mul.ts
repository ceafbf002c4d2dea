import type { TensorType } from '@ghostc/ir';
import { quantizedPair } from './quantized-pair.ts';
import { affineOf, outputAffine, type Requantized, requantizer } from './quantized-type.ts';
import { type FixedMultiplier, quantizeMultiplier } from './requantize.ts';

/** TFLite MUL with NumPy broadcasting: y = clamp(M (a - za) (b - zb) + zy), M = sa sb / sy computed in float32. */
export const qlinearMul = quantizedPair({
  name: 'qlinear_mul',
  factors: productMultiplier,
  formula(factor, attrs) {
    const finish = requantizer(factor, attrs);
    return (p, q) => finish(p * q);
  },
});

/** M = sa sb / sy, each operation rounded to float32 as in TFLite. */
export function productMultiplier(a: TensorType, b: TensorType, attrs: Requantized): FixedMultiplier {
  const product = Math.fround(affineOf(a, 'a').scale * affineOf(b, 'b').scale);
  return quantizeMultiplier(Math.fround(product / outputAffine(attrs).scale));
}
