import type { Attrs, Node } from '@ghostc/ir';
import { lookup, withDefaults } from '@ghostc/ops';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const producers = 'conv2d|depthwise_conv2d|fully_connected|add|sub|mul|div|maximum|minimum';

// act(producer(x))   =>   producer(x) with the activation as its epilogue
export const fuseActivation = rule({
  name: 'fuse-activation',
  match: op(
    'relu|clip|hard_sigmoid|hard_swish|sigmoid|tanh|leaky_relu|silu',
    op(producers, any('x')).as('producer').others().anyEpilogue(),
  ).as('act'),
  unless: ({ producer }) => {
    const activation = producer.attrs.activation ?? 'none';
    return activation !== 'none' && `${producer.op} has the activation ${String(activation)} already`;
  },
  rewrite: ({ producer, act }, build) =>
    build.node(producer.op, producer.inputs, {
      ...producer.attrs,
      activation: act.op,
      activation_params: activationParams(act),
    }),
});

/** Parameters of an activation node in the order of `activation_params`. */
function activationParams(act: Node): number[] {
  const attrs: Attrs = withDefaults(lookup(act.op).attrs, act.attrs);
  const names: Readonly<Record<string, readonly string[]>> = {
    clip: ['min', 'max'],
    hard_sigmoid: ['alpha', 'beta'],
    leaky_relu: ['alpha'],
  };
  return (names[act.op] ?? []).map((name) => Number(attrs[name]));
}
