import { type Activation, activationOpAttrs } from '@ghostc/ops';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const producers = 'conv2d|depthwise_conv2d|fully_connected|add|sub|mul|div|maximum|minimum';

/** Activations that an integer kernel applies by clamping its output. */
const clamps: ReadonlySet<unknown> = new Set([undefined, 'none', 'relu', 'clip']);

// producer(x), act   =>   act(producer(x)): in integers such an activation is a table over the producer's output
export const splitTableActivation = rule({
  name: 'split-table-activation',
  match: op(producers, any('x')).as('producer').others().anyEpilogue(),
  unless: ({ producer }) =>
    clamps.has(producer.attrs.activation) &&
    `activation ${String(producer.attrs.activation ?? 'none')} is a clamp`,
  rewrite({ producer }, build) {
    const { activation, activation_params = [], ...attrs } = producer.attrs;
    const plain = build.node(producer.op, producer.inputs, attrs);
    const own = { activation, activation_params } as unknown as Activation;
    return build.node(String(activation), [plain], activationOpAttrs(own));
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
