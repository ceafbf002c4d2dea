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

// clip(clip(x, a, b), c, d)   =>   clip(x, max(a, c), min(b, d)),  [a, b] and [c, d] overlapping
export const joinClips = rule({
  name: 'join-clips',
  match: op('clip', op('clip', any('x')).as('inner')).as('outer'),
  unless: ({ inner, outer }) => {
    const { min, max } = bothLimits(inner, outer);
    return min > max && 'the limits do not overlap';
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

// clip(relu(x), a, b)   =>   clip(x, max(a, 0), b),  b >= 0: ReLU6 as some exporters write it
export const removeReluBeforeClip = rule({
  name: 'remove-relu-before-clip',
  match: op('clip', op('relu', any('x')).orShared()).as('outer'),
  unless: ({ outer }) => {
    const { max } = attrsOf(clip, outer);
    return !(max >= 0) && `the clip ends at ${max}, expected 0 or more`;
  },
  rewrite({ x, outer }, build) {
    const { min, max } = attrsOf(clip, outer);
    return build.node('clip', [x], { min: Math.max(min, 0), max });
  },
});

function bothLimits(inner: Node, outer: Node): { min: number; max: number } {
  const [a, b] = [attrsOf(clip, inner), attrsOf(clip, outer)];
  return { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
}
