import { fromNumbers, type Value } from '@ghostc/ir';
import { attrsOf, gemm as gemmOp, ghostModule, layerNorm, type PartOp, squeezeExcite } from '@ghostc/ops';
import type { Source } from '../build.ts';
import { expanded } from '../expanded.ts';
import { any, op } from '../pattern.ts';
import { rule, sourcesOf } from '../rule.ts';

// ghost_module(x)   =>   concat(p, c),  p = act(conv(x)), c = act(depthwise(p))
export const expandGhostModule = rule({
  name: 'expand-ghost-module',
  match: op('ghost_module', any('x')).as('ghost').others(),
  rewrite({ ghost }, build) {
    const [first, second, last] = sourcesOf(ghost);
    const source = (part: PartOp): Source | undefined => {
      if (part === 'conv2d' || part === 'prelu') return first;
      if (part === 'depthwise_conv2d') return second;
      return part === 'concat' ? last : undefined;
    };
    return expanded(ghostModule, ghost, { build, sourceOf: source });
  },
});

// squeeze_excite(x)   =>   x * gate(expand(relu(reduce(mean(x)))))
export const expandSqueezeExcite = rule({
  name: 'expand-squeeze-excite',
  match: op('squeeze_excite', any('x')).as('se').others(),
  rewrite: ({ se }, build) => expanded(squeezeExcite, se, { build }),
});

// layer_norm(x)   =>   scale (x - mean) / sqrt(variance + epsilon) + shift, for targets without a kernel for
// it
export const expandLayerNorm = rule({
  name: 'expand-layer-norm',
  match: op('layer_norm', any('x')).as('norm').others(),
  rewrite: ({ norm }, build) => expanded(layerNorm, norm, { build }),
});

// gemm(a, b, c)   =>   alpha op(a) op(b) + beta c
export const expandGemm = rule({
  name: 'expand-gemm',
  match: op('gemm', any('a'), any('b')).as('gemm').others(),
  rewrite({ a, b, gemm }, build) {
    const attrs = attrsOf(gemmOp, gemm);
    const turned = (x: Value): Value => build.node('transpose', [x], { perm: [1, 0] });
    const scaled = (x: Value, factor: number): Value => {
      if (factor === 1) return x;
      const scalar = fromNumbers(x.type.dtype, [], [factor]);
      return build.node('mul', [x, build.constant(scalar, `${gemm.output.name}_factor`)]);
    };
    const left = attrs.trans_a ? turned(a) : a;
    const right = attrs.trans_b ? turned(b) : b;
    const product = build.node('matmul', [left, right]);
    const c = gemm.inputs[2];
    const sum = scaled(product, attrs.alpha);
    return c ? build.node('add', [sum, scaled(c, attrs.beta)]) : sum;
  },
});
