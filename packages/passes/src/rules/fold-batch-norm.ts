import { fromNumbers, type Node, sameShape, toNumbers, type Value } from '@ghostc/ir';
import { constantData, numbersOf, scaleChannels, vector } from '../constant-math.ts';
import { any, constant, op, type Pattern } from '../pattern.ts';
import { rule } from '../rule.ts';

const convolution = op(
  'conv2d|conv_transpose2d|depthwise_conv2d|fully_connected',
  any('x'),
  constant('weight'),
)
  .as('conv')
  .others()
  .anyEpilogue();

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
    const { factors } = batchNormAffine({ scale, shift, mean, variance, bn });
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

// batch_norm(reshape(matmul(x, w))), channels last in both   =>   reshape(matmul(x, w k) + d),   batch norm is k y + d
export const foldBatchNormIntoMatmul = rule({
  name: 'fold-batch-norm-into-matmul',
  match: batchNorm(op('reshape', op('matmul', any('x'), constant('weight')).as('product')).as('reshape')),
  unless({ weight, product, reshape }) {
    if (weight.type.shape.length !== 2) return `the weight has ${weight.type.shape.length} axes, expected 2`;
    const [channels, last] = [product, reshape].map(({ output }) => output.type.shape.at(-1));
    const rank = reshape.output.type.shape.length;
    return (
      (rank !== 2 || channels !== last) && 'the channels are not the last axis before and after the reshape'
    );
  },
  rewrite({ x, weight, scale, shift, mean, variance, bn, product, reshape }, build) {
    const { factors, offsets } = batchNormAffine({ scale, shift, mean, variance, bn });
    const given = constantData(weight);
    const data = Float64Array.from(
      toNumbers(given),
      (w, i) => Number(w) * (factors[i % factors.length] ?? 0),
    );
    const scaled = build.constant(fromNumbers(given.dtype, given.shape, data), weight.name);
    const moved = build.constant(
      vector(given, offsets.length, (i) => offsets[i] ?? 0),
      shift.name,
    );
    const origin = { origin: product.origin };
    const sum = build.node('add', [build.node('matmul', [x, scaled], {}, origin), moved], {});
    return build.node('reshape', [sum], reshape.attrs);
  },
});

// batch_norm(reshape(x)), a reshape of the axes after the channels   =>   reshape(batch_norm(x))
export const batchNormBeforeReshape = rule({
  name: 'batch-norm-before-reshape',
  match: batchNorm(op('reshape', any('x')).as('reshape')),
  unless: ({ x, reshape }) =>
    !sameShape(x.type.shape.slice(0, 2), reshape.output.type.shape.slice(0, 2)) &&
    'the reshape changes batch or channels',
  rewrite({ x, reshape, scale, shift, mean, variance, bn }, build) {
    const normal = build.node('batch_norm', [x, scale, shift, mean, variance], bn.attrs);
    return build.node('reshape', [normal], reshape.attrs);
  },
});

interface BatchNorm {
  readonly scale: Value;
  readonly shift: Value;
  readonly mean: Value;
  readonly variance: Value;
  readonly bn: Node;
}

/** A batch norm as k x + d for each channel: k = s / sqrt(v + e), d = t - m k. */
export function batchNormAffine({ scale, shift, mean, variance, bn }: BatchNorm): {
  factors: number[];
  offsets: number[];
} {
  const epsilon = Number(bn.attrs.epsilon ?? 1e-5);
  const [t, m, v] = [numbersOf(shift), numbersOf(mean), numbersOf(variance)];
  const factors = Array.from(numbersOf(scale), (s, i) => s / Math.sqrt((v[i] ?? 0) + epsilon));
  return { factors, offsets: factors.map((k, i) => (t[i] ?? 0) - (m[i] ?? 0) * k) };
}

/** Why an affine map after this convolution cannot be folded into its weights. */
export function foldRefusal(conv: Node): string | false {
  const bias: Value | null | undefined = conv.inputs[2];
  if (bias && !bias.constant) return `bias %${bias.name} is not constant`;
  if (conv.inputs[3]) return `${conv.op} adds a residual`;
  const activation = conv.attrs.activation ?? 'none';
  return activation !== 'none' && `${conv.op} has the activation ${String(activation)}`;
}
