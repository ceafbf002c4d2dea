import type { Node, Value } from '@ghostc/ir';
import { constantData, numbersOf, scaleChannels, vector } from '../constant-math.ts';
import { any, constant, op, type Pattern } from '../pattern.ts';
import { rule } from '../rule.ts';

const convolution = op('conv2d|depthwise_conv2d|fully_connected', any('x'), constant('weight')).as('conv');

/** A batch norm `bn` of what `x` matches, with its constants. */
export function batchNorm<C>(x: Pattern<C>) {
  return op('batch_norm', x, constant('scale'), constant('shift'), constant('mean'), constant('variance')).as(
    'bn',
  );
}

// y = s (conv(x) + b - m) / sqrt(v + e) + t   =>   conv(x, w k) + (b - m) k + t,   k = s / sqrt(v + e)
export const foldBatchNormIntoConv = rule({
  name: 'fold-batch-norm-into-conv',
  match: batchNorm(convolution),
  unless: ({ conv }) => foldRefusal(conv),
  rewrite({ x, weight, scale, shift, mean, variance, conv, bn }, build) {
    const factors = batchNormFactors(numbersOf(scale), numbersOf(variance), Number(bn.attrs.epsilon ?? 1e-5));
    const bias = conv.inputs[2] ? numbersOf(conv.inputs[2]) : [];
    const [t, m] = [numbersOf(shift), numbersOf(mean)];
    const folded = scaleChannels(constantData(weight), factors);
    const offset = vector(
      folded,
      factors.length,
      (i) => ((bias[i] ?? 0) - (m[i] ?? 0)) * (factors[i] ?? 0) + (t[i] ?? 0),
    );
    return build.node(
      conv.op,
      [x, build.constant(folded, weight.name), build.constant(offset, shift.name)],
      conv.attrs,
    );
  },
});

/** k = s / sqrt(v + e) for each channel. */
export function batchNormFactors(
  scale: ArrayLike<number>,
  variance: ArrayLike<number>,
  epsilon: number,
): number[] {
  return Array.from(scale, (s, i) => s / Math.sqrt((variance[i] ?? 0) + epsilon));
}

/** Why an affine map behind this convolution cannot go into its weights. */
export function foldRefusal(conv: Node): string | false {
  const bias: Value | null | undefined = conv.inputs[2];
  if (bias && !bias.constant) return `bias %${bias.name} is not constant`;
  if (conv.inputs[3]) return `${conv.op} adds a residual`;
  const activation = conv.attrs.activation ?? 'none';
  return activation !== 'none' && `${conv.op} has the activation ${String(activation)}`;
}
