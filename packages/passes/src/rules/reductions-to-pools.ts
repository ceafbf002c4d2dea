import { isStatic, itemAt, type Node, type Value } from '@ghostc/ir';
import { intsOf, normalAxis } from '@ghostc/ops';
import type { Build } from '../build.ts';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// There are integer kernels for pools, not for reductions.

// mean over all spatial axes of an image or a line   =>   global_average_pool, without the axes if they are
// dropped
export const reduceMeanToPool = rule({
  name: 'reduce-mean-to-pool',
  match: op('reduce_mean', any('x')).as('reduce'),
  unless: ({ x, reduce }) => notOverSpace(x, reduce),
  rewrite: ({ x, reduce }, build) => likeReduction(meanOf(x, build), reduce, build),
});

// maximum over all spatial axes of an image or a line   =>   max_pool with a window over all
export const reduceMaxToPool = rule({
  name: 'reduce-max-to-pool',
  match: op('reduce_max', any('x')).as('reduce'),
  unless: ({ x, reduce }) => notOverSpace(x, reduce),
  rewrite: ({ x, reduce }, build) => likeReduction(maximumOf(x, build), reduce, build),
});

// quantize(mean or maximum of dequantize(x) over all spatial axes)   =>   the same as a pool, without the
// axes if they are dropped
export const quantizedReductionToPool = rule({
  name: 'quantized-reduction-to-pool',
  match: op(
    'quantize_linear',
    op('reduce_mean|reduce_max', op('dequantize_linear', any('q')).orShared()).as('reduce'),
  ).as('quantize'),
  unless: ({ reduce }) => notOverSpace(itemAt(reduce.inputs, 0), reduce),
  rewrite({ reduce, quantize }, build) {
    const x = itemAt(reduce.inputs, 0);
    const pooled = reduce.op === 'reduce_mean' ? meanOf(x, build) : maximumOf(x, build);
    return likeReduction(build.node('quantize_linear', [pooled], quantize.attrs), reduce, build);
  },
});

function meanOf(x: Value, build: Build): Value {
  return build.node('global_average_pool', [x]);
}

function maximumOf(x: Value, build: Build): Value {
  const spatial = x.type.shape.slice(2).map(Number);
  return build.node('max_pool', [x], { kernel_shape: spatial.length === 1 ? [1, ...spatial] : spatial });
}

function notOverSpace({ type: { shape } }: Value, { attrs }: Node): string | false {
  const axes = intsOf(attrs, 'axes').map((axis) => normalAxis(axis, shape.length));
  const spatial = shape.slice(2).map((_, i) => i + 2);
  if (shape.length !== 3 && shape.length !== 4) return 'it reduces no image and no line';
  if (!shape.every(isStatic)) return 'the shape is symbolic';
  return [...axes].sort().join() !== spatial.join() && `it reduces the axes [${axes.join(',')}]`;
}

/** The pooled value reshaped as the reduction's. */
function likeReduction(pooled: Value, { attrs, output }: Node, build: Build): Value {
  if (attrs.keepdims !== false) return pooled;
  return build.node('reshape', [pooled], { shape: output.type.shape.map(Number) });
}
