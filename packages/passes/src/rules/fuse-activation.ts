import type { Node } from '@ghostc/ir';
import { activationOp, attrsOf, lookup } from '@ghostc/ops';
import { activations, producers } from '../op-groups.ts';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// act(producer(x))   =>   producer(x) with the activation as its epilogue
export const fuseActivation = rule({
  name: 'fuse-activation',
  match: op(activations, op(producers, any('x')).as('producer').others().anyEpilogue()).as('act'),
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
  const attrs = attrsOf(lookup(act.op), act);
  return (activationOp(act.op)?.epilogue.params ?? []).map((name) => Number(attrs[name]));
}
