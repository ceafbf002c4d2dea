import { allocate, staticShape, type TensorType } from '@ghostc/ir';
import { flag } from '../attr-spec.ts';
import { type AttrValues, defineOp, firstType } from '../define-op.ts';
import { averagePool, poolAttrs, windowTaps } from '../window/pool.ts';
import { image } from '../window/window.ts';
import { quantizedFacts } from './quantized-facts.ts';
import {
  activationData,
  affineOf,
  limiter,
  outputAffine,
  quantizedTensor,
  type Requantized,
  requantizedAttrs,
  requantizedType,
  sameAffine,
} from './quantized-type.ts';
import { type FixedMultiplier, quantizeMultiplier, scaleBy } from './requantize.ts';

const attrs = { ...poolAttrs, count_include_pad: flag(false), ...requantizedAttrs } as const;
export type QuantizedPoolAttrs = AttrValues<typeof attrs>;

/**
 * TFLite AVERAGE_POOL_2D on integers: the sum of the n elements inside the image, divided by n, ties away
 * from zero. This applies if the output has the quantisation of x and padding is not counted. All other
 * cases, which TFLite does not have: y = clamp(M[n] sum(x - zx) + zy), M[n] = sx / (n sy), n the number of
 * elements counted.
 */
export const qlinearAveragePool = defineOp({
  name: 'qlinear_average_pool',
  inputs: ['x'],
  attrs,
  traits: ['reduction', 'integer', 'window'],
  ...quantizedFacts,
  storage: 'own',
  rows: 'pool',
  channels: 'same',
  infer({ x }, given) {
    affineOf(x, 'x');
    return requantizedType(firstType(averagePool.infer({ x }, given)).shape, given);
  },
  evaluate({ x }, given, [type]) {
    const [n, channels, outHeight, outWidth] = image(type.shape);
    const [, , height, width] = image(x.shape);
    const source = activationData(x);
    const rows = Array.from({ length: outHeight }, (_, i) => windowTaps(i, height, 0, given));
    const columns = Array.from({ length: outWidth }, (_, j) => windowTaps(j, width, 1, given));
    const mean = windowMean(x, given);
    const data = allocate(given.y_dtype, n * channels * outHeight * outWidth);
    for (let plane = 0, at = 0; plane < n * channels; plane++) {
      for (const row of rows) {
        for (const column of columns) {
          let sum = 0;
          for (const y of row.inside)
            for (const z of column.inside) sum += source[(plane * height + y) * width + z] ?? 0;
          const inside = row.inside.length * column.inside.length;
          data[at++] = mean(sum, inside, given.count_include_pad ? row.counted * column.counted : inside);
        }
      }
    }
    return quantizedTensor(type, staticShape(type.shape), data);
  },
});

/** Whether TFLite's integer division applies. */
export function dividesByCount(x: TensorType, given: Requantized & { count_include_pad: boolean }): boolean {
  return (
    sameAffine(affineOf(x, 'x'), outputAffine(given)) && x.dtype === given.y_dtype && !given.count_include_pad
  );
}

/** M[n] = sx / (n sy). */
export function poolMultiplier(x: TensorType, count: number, given: Requantized): FixedMultiplier {
  return quantizeMultiplier(affineOf(x, 'x').scale / (count * outputAffine(given).scale));
}

/** The output from the sum of the elements inside the image, their number, and the divisor. */
function windowMean(
  x: TensorType,
  given: QuantizedPoolAttrs,
): (sum: number, inside: number, counted: number) => number {
  const { zeroPoint } = affineOf(x, 'x');
  const limit = limiter(given);
  if (dividesByCount(x, given)) return (sum, inside) => limit(divideRounded(sum, inside || 1) - zeroPoint);
  return (sum, inside, counted) =>
    limit(scaleBy(sum - zeroPoint * inside, poolMultiplier(x, counted || 1, given), given.rounding));
}

/** sum / count, ties away from zero. */
function divideRounded(sum: number, count: number): number {
  const half = Math.floor(count / 2);
  return Math.trunc((sum > 0 ? sum + half : sum - half) / count);
}
