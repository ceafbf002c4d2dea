import type { Attrs } from '@ghostc/ir';
import { activationAttrs, activationOpAttrs, attrsOf, lookup } from '@ghostc/ops';
import { producers } from '../op-groups.ts';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';

/** Whether an integer kernel applies the activation by clamping its output. */
function clamps({ activation = 'none' }: Attrs): boolean {
  return activation === 'none' || lookup(String(activation)).integerForm.kind === 'clamp';
}

// producer(x), act   =>   act(producer(x)): in integers such an activation is a table over the producer's output
export const splitTableActivation = rule({
  name: 'split-table-activation',
  match: op(producers, any('x')).as('producer').others().anyEpilogue(),
  unless: ({ producer }) =>
    clamps(producer.attrs) && `activation ${String(producer.attrs.activation ?? 'none')} is a clamp`,
  rewrite({ producer }, build) {
    const { activation: _, activation_params: __, ...attrs } = producer.attrs;
    const own = attrsOf({ attrs: activationAttrs }, producer);
    const plain = build.node(producer.op, producer.inputs, attrs);
    return build.node(own.activation, [plain], activationOpAttrs(own));
  },
});

// conv(x, w, b, residual), act   =>   act(conv(x, w, b) + residual)
export const splitResidual = rule({
  name: 'split-residual',
  match: op('conv2d|depthwise_conv2d', any('x'), any('weight')).as('conv').others().anyEpilogue(),
  unless: ({ conv }) => !conv.inputs[3] && 'there is no residual',
  rewrite({ conv }, build) {
    const { activation = 'none', activation_params = [], ...attrs } = conv.attrs;
    const plain = build.node(conv.op, conv.inputs.slice(0, 3), attrs);
    return build.node('add', [plain, conv.inputs[3] ?? null], { activation, activation_params });
  },
});
