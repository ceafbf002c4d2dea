import { fromNumbers, type Value } from '@ghostc/ir';
import {
  attrsOf,
  cheapAttrs,
  type GhostModuleAttrs,
  ghostModule,
  primaryAttrs,
  type SqueezeAttrs,
  squeezeExcite,
  squeezeGate,
} from '@ghostc/ops';
import { constantData, numbersOf, vector } from '../constant-math.ts';
import { any, op } from '../pattern.ts';
import { rule, sourcesOf } from '../rule.ts';
import { batchNorm, batchNormFactors } from './fold-batch-norm.ts';

// ghost_module(x)   =>   concat(p, c),  p = act(conv(x)), c = act(depthwise(p))
export const expandGhostModule = rule({
  name: 'expand-ghost-module',
  match: op('ghost_module', any('x')).as('ghost'),
  rewrite({ x, ghost }, build) {
    const attrs = attrsOf<GhostModuleAttrs>(ghostModule, ghost);
    const [, weight = null, bias = null, cheapWeight, cheapBias = null] = ghost.inputs;
    const [first, second, behind] = sourcesOf(ghost);
    const primary = build.node('conv2d', [x, weight, bias], primaryAttrs(attrs), first);
    if (!cheapWeight) return primary;
    const cheap = build.node(
      'depthwise_conv2d',
      [primary, cheapWeight, cheapBias],
      cheapAttrs(attrs),
      second,
    );
    return build.node('concat', [primary, cheap], { axis: 1 }, behind);
  },
});

// squeeze_excite(x)   =>   x * gate(expand(relu(reduce(mean(x)))))
export const expandSqueezeExcite = rule({
  name: 'expand-squeeze-excite',
  match: op('squeeze_excite', any('x')).as('se'),
  rewrite({ x, se }, build) {
    const attrs = attrsOf<SqueezeAttrs>(squeezeExcite, se);
    const sources = sourcesOf(se);
    const gate = squeezeGate<Value | null>(se.inputs, attrs, (op, inputs, settings) =>
      build.node(op, inputs, settings, sources.shift()),
    );
    return build.node('mul', [x, gate], {}, sources.shift());
  },
});

// batch_norm(x)   =>   depthwise 1x1 with weight k and bias t - m k,  k = s / sqrt(v + e)
export const batchNormToDepthwise = rule({
  name: 'batch-norm-to-depthwise',
  match: batchNorm(any('x')),
  unless: ({ x }) => x.type.shape.length !== 4 && `the input has rank ${x.type.shape.length}, expected NCHW`,
  rewrite({ x, scale, shift, mean, variance, bn }, build) {
    const factors = batchNormFactors(numbersOf(scale), numbersOf(variance), Number(bn.attrs.epsilon ?? 1e-5));
    const like = constantData(scale);
    const weight = fromNumbers(like.dtype, [factors.length, 1, 1, 1], factors);
    const offset = vector(
      like,
      factors.length,
      (i) => Number(numbersOf(shift)[i]) - Number(numbersOf(mean)[i]) * (factors[i] ?? 0),
    );
    return build.node('depthwise_conv2d', [
      x,
      build.constant(weight, scale.name),
      build.constant(offset, shift.name),
    ]);
  },
});
