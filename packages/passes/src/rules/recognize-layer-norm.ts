import type { Node, Value } from '@ghostc/ir';
import { attrsOf, normalAxis, reduceMean } from '@ghostc/ops';
import { scalarOf } from '../constant-math.ts';
import { isAbout } from '../is-about.ts';
import { any, constant, either, op, same } from '../pattern.ts';
import { rule } from '../rule.ts';

const centred = op('sub', any('x'), op('reduce_mean', same('x')).as('mean'))
  .as('centred')
  .orShared();
const square = either(
  op('mul', same('centred'), same('centred')),
  op('pow', same('centred'), constant('two')),
);
const variance = op('reduce_mean', square).as('variance');
const normal = op('div', centred, op('sqrt', op('add', variance, constant('epsilon'))));

// (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) * scale   =>   layer_norm(x, scale)
export const recognizeLayerNorm = rule({
  name: 'recognize-layer-norm',
  match: op('mul', normal, any('scale')),
  unless({ x, scale, epsilon, two, mean, variance }) {
    if (x.type.dtype !== 'f32') return `x is ${x.type.dtype}, expected f32`;
    if (two && !isAbout(two, 2)) return `the power is ${scalarOf(two) ?? 'no number'}, expected 2`;
    if (scalarOf(epsilon) === undefined) return 'epsilon is no number';
    const axis = firstOf(mean);
    if (axis === undefined || axis !== firstOf(variance))
      return 'the means are not over the same last axes, which they keep';
    return sizesRefusal('scale', scale, x.type.shape.slice(axis));
  },
  rewrite: ({ x, scale, epsilon, mean }, build) =>
    build.node('layer_norm', [x, scale], { axis: firstOf(mean) ?? -1, epsilon: scalarOf(epsilon) ?? 0 }),
});

// layer_norm(x, scale) + shift   =>   layer_norm(x, scale, shift)
export const foldShiftIntoLayerNorm = rule({
  name: 'fold-shift-into-layer-norm',
  match: op('add', op('layer_norm', any('x'), any('scale')).as('norm'), any('shift')),
  unless: ({ scale, shift, norm }) =>
    norm.inputs[2] ? 'it has a shift' : sizesRefusal('shift', shift, scale.type.shape),
  rewrite: ({ x, scale, shift, norm }, build) => build.node('layer_norm', [x, scale, shift], norm.attrs),
});

/** The first axis of a mean, if it covers all later axes and keeps them. */
function firstOf(mean: Node): number | undefined {
  const { axes, keepdims } = attrsOf(reduceMean, mean);
  const rank = mean.inputs[0]?.type.shape.length ?? 0;
  const sorted = axes.map((axis) => normalAxis(axis, rank)).sort((a, b) => a - b);
  const first = rank - sorted.length;
  return keepdims && sorted.length > 0 && sorted.every((axis, i) => axis === first + i) ? first : undefined;
}

function sizesRefusal(what: string, { name, type }: Value, sizes: Value['type']['shape']): string | false {
  return (
    type.shape.join() !== sizes.join() &&
    `the ${what} %${name} is [${type.shape.join(',')}], expected [${sizes.join(',')}]`
  );
}
