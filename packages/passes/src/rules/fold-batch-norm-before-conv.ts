import { fromNumbers, type Node, type Tensor, toNumbers, type Value } from '@ghostc/ir';
import { constantData, numbersOf, vector } from '../constant-math.ts';
import { any, constant, either, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { batchNorm, batchNormAffine, foldRefusal } from './fold-batch-norm.ts';

const norm = batchNorm(any('x'));

// y = conv(k x + d, w) + b   =>   conv(x, w k) + b + sum(w d),   k = s / sqrt(v + e), d = t - m k
// Padding would have to be d, not 0: with padding the rule fires only if every d is 0.
export const foldBatchNormBeforeConv = rule({
  name: 'fold-batch-norm-before-conv',
  match: op('conv2d', norm, constant('weight')).as('conv').others().anyEpilogue(),
  unless: ({ conv, ...norm }) => {
    const refusal = foldRefusal(conv);
    if (refusal && !conv.attrs.activation) return refusal;
    if (conv.inputs[2] && !conv.inputs[2].constant) return 'the bias is not constant';
    const padded = (conv.attrs.pads ?? []).some((pad) => pad > 0);
    return (
      padded &&
      batchNormAffine(norm).offsets.some((d) => d !== 0) &&
      'the convolution pads with 0, the normalised input would need another value'
    );
  },
  rewrite({ x, weight, conv, ...norm }, build) {
    const { factors, offsets } = batchNormAffine(norm);
    const group = Number(conv.attrs.group ?? 1);
    const { scaled, bias } = absorb({ conv, weight }, { factors, offsets, group });
    const inputs = [
      x,
      build.constant(scaled, weight.name),
      build.constant(bias, norm.shift.name),
      conv.inputs[3] ?? null,
    ];
    return build.node('conv2d', inputs, conv.attrs);
  },
});

// y = w (k x + d) + b   =>   (w k) x + b + w d,  x flattened to rows or not
export const foldBatchNormBeforeFullyConnected = rule({
  name: 'fold-batch-norm-before-fully-connected',
  match: op('fully_connected', either(norm, op('reshape', norm).as('flatten')), constant('weight'))
    .as('conv')
    .others()
    .anyEpilogue(),
  unless: ({ conv, x, flatten }) => {
    if (conv.inputs[2] && !conv.inputs[2].constant) return 'the bias is not constant';
    const [rows, channels] = flatten?.output.type.shape ?? [];
    const keepsRows =
      !flatten || (rows === x?.type.shape[0] && Number(channels) % Number(x?.type.shape[1]) === 0);
    return !keepsRows && 'the reshape mixes rows';
  },
  rewrite({ x, weight, conv, flatten, scale, shift, mean, variance, bn }, build) {
    const { factors, offsets } = batchNormAffine({ scale, shift, mean, variance, bn } as never);
    const plane = Number(weight.type.shape[1]) / factors.length;
    const wide = (list: readonly number[]): number[] => list.flatMap((v) => new Array<number>(plane).fill(v));
    const affine = { factors: wide(factors), offsets: wide(offsets), group: 1 };
    const { scaled, bias } = absorb({ conv, weight }, affine);
    const source = x as Value;
    const rows = flatten ? build.node('reshape', [source], flatten.attrs) : source;
    const inputs = [rows, build.constant(scaled, weight.name), build.constant(bias, shift?.name ?? 'shift')];
    return build.node('fully_connected', inputs, conv.attrs);
  },
});

interface Affine {
  readonly factors: readonly number[];
  readonly offsets: readonly number[];
  readonly group: number;
}

/** Weights w k and bias b + sum(w d) of a linear layer after k x + d. */
function absorb(
  { conv, weight }: { conv: Node; weight: Value },
  { factors, offsets, group }: Affine,
): { scaled: Tensor; bias: Tensor } {
  const w = constantData(weight);
  const bias = conv.inputs[2] ? numbersOf(conv.inputs[2]) : [];
  const sums = weightedSums(w, offsets, group);
  return {
    scaled: scaleInputs(w, factors, group),
    bias: vector(w, sums.length, (i) => (bias[i] ?? 0) + (sums[i] ?? 0)),
  };
}

/** For weight [M, C/group, ...]: calls back with the index of each element, its output and its input channel. */
function eachWeight(
  { shape, data }: Tensor,
  group: number,
  visit: (index: number, output: number, input: number) => void,
): void {
  const [m = 0, perGroup = 0] = shape;
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
