import type { TensorType } from '@ghostc/ir';
import { floats, oneOf } from '../attr-spec.ts';
import { type AttrValues, defineOp, type Named } from '../define-op.ts';
import { activations } from '../elementwise/activation.ts';
import { compositeFacts } from './composite-facts.ts';
import type { PartMaker } from './part-maker.ts';
import { tensorParts, typeParts } from './tensor-parts.ts';

const squeezeInputs = ['x', 'reduce_weight', 'reduce_bias', 'expand_weight', 'expand_bias'] as const;

const squeezeAttrs = {
  reduce_activation: oneOf(activations, 'relu'),
  reduce_activation_params: floats([]),
  gate: oneOf(activations, 'hard_sigmoid'),
  gate_params: floats([1 / 6, 0.5]),
} as const;

/**
 * Squeeze-and-excite: y = x * gate(expand(act(reduce(mean(x))))), mean over space; x [N,C,H,W] or [N,C,L],
 * reduce_weight [R,C,1,1], expand_weight [C,R,1,1]. `gate` and `act` (reduce_activation) are any activations.
 */
export const squeezeExcite = defineOp({
  name: 'squeeze_excite',
  inputs: squeezeInputs,
  attrs: squeezeAttrs,
  traits: ['reduction'],
  computed: 'composite',
  ...compositeFacts,
  error: { kind: 'parts' },
  random: { place: 'structure', domain: 'any', attrs: {} },
  parts: squeezed,
  infer: (inputs, attrs) => squeezed(inputs, attrs, typeParts),
  evaluate: (inputs, attrs) => squeezed(inputs, attrs, tensorParts),
  macs: squeezeMacs,
});

/** Only the factors of squeeze-and-excite: gate(expand(act(reduce(mean(x))))), [N,C,1,1] or [N,C,1]. */
export const squeezeExciteGate = defineOp({
  name: 'squeeze_excite_gate',
  inputs: squeezeInputs,
  attrs: squeezeAttrs,
  traits: ['reduction', 'window'],
  computed: 'gpu',
  ...compositeFacts,
  error: { kind: 'parts' },
  random: { place: 'none', domain: 'any', attrs: {} },
  parts: gateOf,
  infer: (inputs, attrs) => gateOf(inputs, attrs, typeParts),
  evaluate: (inputs, attrs) => gateOf(inputs, attrs, tensorParts),
  macs: squeezeMacs,
});

type Inputs<V> = Named<(typeof squeezeInputs)[number], V>;
type SqueezeAttrs = AttrValues<typeof squeezeAttrs>;

function squeezed<V>(inputs: Inputs<V>, attrs: SqueezeAttrs, maker: PartMaker<V>): V {
  return maker.make('mul', [inputs.x, gateOf(inputs, attrs, maker)]);
}

function gateOf<V>(inputs: Inputs<V>, attrs: SqueezeAttrs, { make }: PartMaker<V>): V {
  const { x, reduce_weight, reduce_bias, expand_weight, expand_bias } = inputs;
  const { gate, gate_params } = attrs;
  const mean = make('global_average_pool', [x]);
  const reduced = make('conv2d', [mean, reduce_weight, reduce_bias], {
    activation: attrs.reduce_activation,
    activation_params: attrs.reduce_activation_params,
  });
  const activation = { activation: gate, activation_params: gate_params };
  return make('conv2d', [reduced, expand_weight, expand_bias], activation);
}

function squeezeMacs({
  x,
  reduce_weight: weight,
}: Readonly<Record<'x' | 'reduce_weight', TensorType>>): number {
  return 2 * Number(x.shape[0]) * Number(weight.shape[0]) * Number(weight.shape[1]);
}
