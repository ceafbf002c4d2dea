import { isFloat, type Node } from '@ghostc/ir';
import { attrsOf, clip } from '@ghostc/ops';
import { scalarOf } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// maximum(x, c) and minimum(x, c), c a number   =>   clip(x)
export const recognizeClip = rule({
  name: 'recognize-clip',
  match: op('maximum|minimum', any('x'), constant('bound')).as('limited').anyEpilogue(),
  unless: ({ x, bound, limited }) => {
    const number = scalarOf(bound);
    if (!isFloat(x.type.dtype)) return `%${x.name} is ${x.type.dtype}`;
    if (number === undefined || Number.isNaN(number)) return `%${bound.name} is no single number`;
    if ((limited.attrs.activation ?? 'none') !== 'none') return 'there is an activation';
    return limited.output.type.shape.length !== x.type.shape.length && 'the bound broadcasts x';
  },
  rewrite: ({ x, bound, limited }, build) =>
    build.node('clip', [x], { [limited.op === 'maximum' ? 'min' : 'max']: scalarOf(bound) as number }),
});

// clip(clip(x, a, b), c, d)   =>   clip(x, max(a, c), min(b, d)),  [a, b] and [c, d] overlapping;  relu(x) is clip(x, 0, inf):
// ReLU6 as some exporters write it
export const joinClips = rule({
  name: 'join-clips',
  match: op('clip', op('clip|relu', any('x')).orShared().as('inner')).as('outer'),
  unless: ({ inner, outer }) => {
    const { min, max } = bothLimits(inner, outer);
    return !(min <= max) && 'the limits do not overlap';
  },
  rewrite: ({ x, inner, outer }, build) => build.node('clip', [x], bothLimits(inner, outer)),
});

// clip(x, 0, inf)   =>   relu(x)
export const recognizeRelu = rule({
  name: 'recognize-relu',
  match: op('clip', any('x')).as('clip'),
  unless: ({ clip, x }) =>
    (x.type.dtype.startsWith('u') && 'ONNX has no Relu of unsigned integers') ||
    ((clip.attrs.min !== 0 || (clip.attrs.max ?? Number.POSITIVE_INFINITY) !== Number.POSITIVE_INFINITY) &&
      'the clip is not [0, inf)'),
  rewrite: ({ x }, build) => build.node('relu', [x]),
});

function bothLimits(inner: Pick<Node, 'op' | 'attrs'>, outer: Pick<Node, 'attrs'>) {
  const own = inner.op === 'relu' ? { min: 0, max: Number.POSITIVE_INFINITY } : attrsOf(clip, inner);
  const { min, max } = attrsOf(clip, outer);
  return { min: Math.max(own.min, min), max: Math.min(own.max, max) };
}
