import { CompileError, staticShape, type TensorType } from '@ghostc/ir';
import { defineOp, firstType } from '../define-op.ts';
import { matmul, matrixProducts } from '../linear/linear.ts';
import { accumulatorScale, centred, requantizeChannels } from './qlinear-window.ts';
import { quantizedFacts } from './quantized-facts.ts';
import {
  affineOf,
  outputAffine,
  quantizedTensor,
  type Requantized,
  requantizedAttrs,
  requantizedType,
} from './quantized-type.ts';
import { type FixedMultiplier, quantizeMultiplier } from './requantize.ts';

/**
 * TFLite BATCH_MATMUL on integers: matrices in the last two axes, the others broadcast, both operands of one element type.
 * y = clamp(M sum_k (a[i,k] - za) (b[k,j] - zb) + zy), M = sa sb / sy. The sums of 16-bit operands are of 64 bits. Throws
 * `op/dtype` for operands of two types, and what `matmul` throws.
 */
export const qlinearMatmul = defineOp({
  name: 'qlinear_matmul',
  inputs: ['a', 'b'],
  attrs: requantizedAttrs,
  traits: ['reduction', 'integer'],
  ...quantizedFacts,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  infer({ a, b }, attrs) {
    if (a.dtype !== b.dtype)
      throw new CompileError('op/dtype', `expected operands of one type, found ${a.dtype} and ${b.dtype}`);
    matmulMultiplier(a, b, attrs);
    return requantizedType(firstType(matmul.infer({ a, b }, {})).shape, attrs);
  },
  evaluate({ a, b }, attrs, [type]) {
    const shape = staticShape(type.shape);
    const sums = matrixProducts(
      { data: Float64Array.from(centred(a)), shape: a.shape },
      { data: Float64Array.from(centred(b)), shape: b.shape },
      { shape, dtype: 'f64' },
    );
    const data = requantizeChannels(sums, {
      multipliers: [matmulMultiplier(a, b, attrs)],
      plane: sums.length,
      channels: 1,
      scale: accumulatorScale(a, attrs),
      attrs,
    });
    return quantizedTensor(type, shape, data);
  },
  macs: matmul.macs,
});

/** M = sa sb / sy, the product rounded to float32 as in TFLite. */
export function matmulMultiplier(a: TensorType, b: TensorType, attrs: Requantized): FixedMultiplier {
  const product = Math.fround(affineOf(a, 'a').scale * affineOf(b, 'b').scale);
  return quantizeMultiplier(product / outputAffine(attrs).scale);
}
