import { CompileError, fromNumbers, type Node, type Tensor, toNumbers } from '@ghostc/ir';
import { constantData, numbersOf, vector } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { batchNorm, batchNormFactors, foldRefusal } from './fold-batch-norm.ts';

const norm = batchNorm(any('x'));

// y = conv(k x + d, w) + b   =>   conv(x, w k) + b + sum(w d),   k = s / sqrt(v + e), d = t - m k
// Padding would have to be d, not 0: with padding the rule fires only where every d is 0.
export const foldBatchNormBeforeConv = rule({
  name: 'fold-batch-norm-before-conv',
  match: op('conv2d', norm, constant('weight')).as('conv'),
  unless: ({ conv, scale, shift, mean, variance, bn }) => {
    const refusal = foldRefusal(conv);
    if (refusal && !conv.attrs.activation) return refusal;
    if (conv.inputs[2] && !conv.inputs[2].constant) return 'the bias is not constant';
    const { offsets } = affine(numbersOf(scale), numbersOf(shift), {
      mean: numbersOf(mean),
      variance: numbersOf(variance),
      bn,
    });
    const padded = ((conv.attrs.pads as readonly number[] | undefined) ?? []).some((pad) => pad > 0);
    return (
      padded &&
      offsets.some((d) => d !== 0) &&
      'the convolution pads with 0, the normalised input would need another value'
    );
  },
  rewrite({ x, weight, scale, shift, mean, variance, conv, bn }, build) {
    const { factors, offsets } = affine(numbersOf(scale), numbersOf(shift), {
      mean: numbersOf(mean),
      variance: numbersOf(variance),
      bn,
    });
    const w = constantData(weight);
    const group = Number(conv.attrs.group ?? 1);
    const bias = conv.inputs[2] ? numbersOf(conv.inputs[2]) : [];
    const sums = weightedSums(w, offsets, group);
    const offset = vector(w, sums.length, (i) => (bias[i] ?? 0) + (sums[i] ?? 0));
    const inputs = [
      x,
      build.constant(scaleInputs(w, factors, group), weight.name),
      build.constant(offset, shift.name),
      conv.inputs[3] ?? null,
    ];
    return build.node('conv2d', inputs, conv.attrs);
  },
});

interface Statistics {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  readonly bn: Node;
}

function affine(
  scale: ArrayLike<number>,
  shift: ArrayLike<number>,
  { mean, variance, bn }: Statistics,
): { factors: number[]; offsets: number[] } {
  const factors = batchNormFactors(scale, variance, Number(bn.attrs.epsilon ?? 1e-5));
  return { factors, offsets: factors.map((k, i) => (shift[i] ?? 0) - (mean[i] ?? 0) * k) };
}

/** For weight [M, C/group, ...]: calls back with the index of each element, its output and its input channel. */
function eachWeight(
  { shape, data }: Tensor,
  group: number,
  visit: (index: number, output: number, input: number) => void,
): void {
  const [m = 0, perGroup = 0] = shape;
  if (m % group !== 0)
    throw new CompileError('conv2d/group', `${m} output channels do not divide into ${group} groups`);
  const taps = data.length / (m * perGroup || 1);
  for (let index = 0; index < data.length; index++) {
    const output = Math.floor(index / (perGroup * taps));
    const input = Math.floor(output / (m / group)) * perGroup + (Math.floor(index / taps) % perGroup);
    visit(index, output, input);
  }
}

function scaleInputs(weight: Tensor, factors: readonly number[], group: number): Tensor {
  const data = toNumbers(weight);
  const scaled = new Float64Array(data.length);
  eachWeight(weight, group, (index, _, input) => {
    scaled[index] = Number(data[index]) * (factors[input] ?? 1);
  });
  return fromNumbers(weight.dtype, weight.shape, scaled);
}

function weightedSums(weight: Tensor, offsets: readonly number[], group: number): Float64Array {
  const data = toNumbers(weight);
  const sums = new Float64Array(weight.shape[0] ?? 0);
  eachWeight(weight, group, (index, output, input) => {
    sums[output] = (sums[output] ?? 0) + Number(data[index]) * (offsets[input] ?? 0);
  });
  return sums;
}
