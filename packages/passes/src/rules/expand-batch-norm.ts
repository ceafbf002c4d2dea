import { fromNumbers, type Value } from '@ghostc/ir';
import type { Build } from '../build.ts';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { batchNorm, batchNormAffine } from './fold-batch-norm.ts';

// batch_norm(x) of an image or a line   =>   depthwise 1x1 with weight k and bias d,  k = s / sqrt(v + e), d = t - m k
export const batchNormToDepthwise = rule({
  name: 'batch-norm-to-depthwise',
  match: batchNorm(any('x')),
  unless: ({ x }) =>
    x.type.shape.length !== 3 &&
    x.type.shape.length !== 4 &&
    `the input has rank ${x.type.shape.length}, expected NCHW or NCL`,
  rewrite({ x, scale, shift, ...norm }, build) {
    const { factors, offsets } = batchNormAffine({ scale, shift, ...norm });
    const { dtype } = x.type;
    return build.node('depthwise_conv2d', [
      x,
      build.constant(fromNumbers(dtype, [factors.length, 1, 1, 1], factors), scale.name),
      build.constant(fromNumbers(dtype, [offsets.length], offsets), shift.name),
    ]);
  },
});

// batch_norm(x) of any rank   =>   x k + d
export const batchNormToMultiplyAdd = rule({
  name: 'batch-norm-to-multiply-add',
  match: batchNorm(any('x')),
  rewrite({ x, scale, shift, ...norm }, build) {
    const { factors, offsets } = batchNormAffine({ scale, shift, ...norm });
    const shape = channelShape(x, factors.length);
    const constant = (numbers: readonly number[], name: string): Value =>
      build.constant(fromNumbers(x.type.dtype, shape, numbers), name);
    const product = build.node('mul', [x, constant(factors, scale.name)]);
    return build.node('add', [product, constant(offsets, shift.name)]);
  },
});

// batch_norm(x) with computed parameters   =>   (x - m) (s / sqrt(v + e)) + t
export const expandBatchNorm = rule({
  name: 'expand-batch-norm',
  match: op('batch_norm', any('x'), any('scale'), any('shift'), any('mean'), any('variance')).as('bn'),
  rewrite({ x, scale, shift, mean, variance, bn }, build) {
    const { dtype } = x.type;
    const along = (value: Value): Value => perChannel(value, x, build);
    const epsilon = build.constant(fromNumbers(dtype, [], [Number(bn.attrs.epsilon ?? 1e-5)]), 'epsilon');
    const deviation = build.node('sqrt', [build.node('add', [along(variance), epsilon])]);
    const factor = build.node('div', [along(scale), deviation]);
    const centred = build.node('sub', [x, along(mean)]);
    return build.node('add', [build.node('mul', [centred, factor]), along(shift)]);
  },
});

/** [C] as [C,1,..], which broadcasts along axis 1 of x. */
function channelShape(x: Value, channels: number): number[] {
  return [channels, ...x.type.shape.slice(2).map(() => 1)];
}

function perChannel(value: Value, x: Value, build: Build): Value {
  const { dtype } = x.type;
  const typed = value.type.dtype === dtype ? value : build.node('cast', [value], { to: dtype });
  const shape = channelShape(x, Number(value.type.shape[0]));
  return shape.length === 1 ? typed : build.node('reshape', [typed], { shape });
}
