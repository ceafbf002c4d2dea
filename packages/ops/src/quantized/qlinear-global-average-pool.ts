import { allocate, CompileError, isStatic, staticShape, type TensorType } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { image, planeShape, shapeLike } from '../window/window.ts';
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
 * Mean over the spatial axes, [N,C,H,W] -> [N,C,1,1], [N,C,L] -> [N,C,1], TFLite MEAN on integers: y = clamp(M' sum(x - zx) + zy), where M' is
 * M = sx / sy with the count folded into it, see `meanMultiplier`.
 */
export const qlinearGlobalAveragePool = defineOp({
  name: 'qlinear_global_average_pool',
  inputs: ['x'],
  attrs: requantizedAttrs,
  traits: ['reduction', 'integer', 'window'],
  ...quantizedFacts,
  storage: 'own',
  rows: 'none',
  channels: 'same',
  infer({ x }, attrs) {
    const [n, channels, height, width] = planeShape(x, 'x');
    if (isStatic(height) && isStatic(width)) meanMultiplier(x, height * width, attrs);
    return requantizedType(shapeLike(x, [n, channels, 1, 1]), attrs);
  },
  evaluate({ x }, attrs, [type]) {
    const [n, channels, height, width] = image(x.shape);
    const plane = height * width;
    const { zeroPoint } = affineOf(x, 'x');
    const finish = requantizer(meanMultiplier(x, plane, attrs), attrs);
    const source = activationData(x);
    const data = allocate(attrs.y_dtype, n * channels);
    for (let i = 0; i < data.length; i++) {
      let sum = 0;
      for (let at = i * plane; at < (i + 1) * plane; at++) sum += (source[at] ?? 0) - zeroPoint;
      data[i] = finish(sum);
    }
    return quantizedTensor(type, staticShape(type.shape), data);
  },
});

/**
 * M = sx / sy over `count` elements: with k = min(floor(log2(count)), 32, 31 + shift), the multiplier becomes
 * floor(multiplier 2^k / count) and the shift loses k. It is below 2^31, and not normalised, as TFLite's. The sums stay
 * within int32 up to 2^15 elements of 16 bits or 2^23 of 8; throws `quant/mean` beyond.
 */
export function meanMultiplier(x: TensorType, count: number, attrs: Requantized): FixedMultiplier {
  const limit = x.dtype === 'i16' ? 2 ** 16 : 2 ** 23;
  if (count < 1 || count > limit)
    throw new CompileError(
      'quant/mean',
      `a mean expects 1 to ${limit} elements of ${x.dtype}, found ${count}`,
    );
  const { multiplier, shift } = quantizeMultiplier(affineOf(x, 'x').scale / outputAffine(attrs).scale);
  const bits = Math.min(Math.floor(Math.log2(count)), 32, 31 + shift);
  return { multiplier: Number((BigInt(multiplier) << BigInt(bits)) / BigInt(count)), shift: shift - bits };
}
