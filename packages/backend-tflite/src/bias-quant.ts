import { type QuantParams, quantOf, type Value } from '@ghostc/ir';
import { affineOf } from '@ghostc/ops';

/** Scales of a bias: those of the sums, sx sw[m]; a single one if the weight has one. */
export function biasQuant(x: Value, weight: Value): QuantParams {
  const { scale: sx } = affineOf(x.type, 'x');
  const { scale, axis } = quantOf(weight.type);
  const scales = scale.map((sw) => sx * Math.fround(sw));
  return { scale: scales, zeroPoint: scales.map(() => 0), ...(axis !== undefined && { axis: 0 }) };
}
