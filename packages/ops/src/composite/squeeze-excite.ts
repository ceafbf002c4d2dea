import type { Attrs, Tensor, TensorType } from '@ghostc/ir';
import { floats, oneOf } from '../attr-spec.ts';
import { defineOp, evaluateOne } from '../define-op.ts';
import { mul } from '../elementwise/binary.ts';
import { conv2d } from '../window/conv2d.ts';
import { globalAveragePool } from '../window/pool.ts';
import { compositeFacts } from './composite-facts.ts';

const squeezeInputs = ['x', 'reduce_weight', 'reduce_bias', 'expand_weight', 'expand_bias'] as const;

const squeezeAttrs = {
  gate: oneOf(['hard_sigmoid', 'sigmoid'], 'hard_sigmoid'),
  gate_params: floats([1 / 6, 0.5]),
} as const;

/**
 * Squeeze-and-excite: y = x * gate(expand(relu(reduce(mean(x))))), mean over space; x [N,C,H,W] or [N,C,L],
 * reduce_weight [R,C,1,1], expand_weight [C,R,1,1]. `gate` is an activation with its parameters.
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
  infer: (inputs, attrs) => mul.inferTypes([inputs.x, gateType(inputs, attrs)], {}),
  evaluate(inputs, attrs) {
    const { x, reduce_weight, reduce_bias, expand_weight, expand_bias } = inputs;
    const operands = [x, reduce_weight, reduce_bias, expand_weight, expand_bias];
    return evaluateOne(mul, [x, evaluateOne(squeezeExciteGate, operands, attrs)]);
  },
  macs: squeezeMacs,
});

/** The factors of squeeze-and-excite only: gate(expand(relu(reduce(mean(x))))), [N,C,1,1] or [N,C,1]. */
export const squeezeExciteGate = defineOp({
  name: 'squeeze_excite_gate',
  inputs: squeezeInputs,
  attrs: squeezeAttrs,
  traits: ['reduction', 'window'],
  computed: 'gpu',
  ...compositeFacts,
  error: { kind: 'parts' },
  random: { place: 'none', domain: 'any', attrs: {} },
  infer: gateType,
  evaluate(inputs, attrs) {
    const { x, reduce_weight, reduce_bias, expand_weight, expand_bias } = inputs;
    const operands = [x, reduce_weight, reduce_bias, expand_weight, expand_bias];
    return squeezeGate<Tensor>(operands, attrs, (op, given, settings) =>
      evaluateOne(parts[op], given, settings),
    );
  },
  macs: squeezeMacs,
});

type SqueezeTypes = Readonly<Record<(typeof squeezeInputs)[number], TensorType>>;

/** Each part checks what it gets. */
function gateType(inputs: SqueezeTypes, attrs: SqueezeAttrs): TensorType {
  const operands = squeezeInputs.map((name) => inputs[name]);
  const infer = (op: keyof typeof parts, given: readonly TensorType[], settings: Attrs): TensorType =>
    parts[op].inferTypes(given, settings)[0];
  return squeezeGate<TensorType>(operands, attrs, infer);
}

const parts = { global_average_pool: globalAveragePool, conv2d } as const;

/** Attributes that say how squeeze-and-excite bounds its factors. */
export interface SqueezeAttrs extends Attrs {
  readonly gate: string;
  readonly gate_params: readonly number[];
}

/** The gate out of its parts, which `part` makes of values, tensors or whatever stands for them. */
export function squeezeGate<V>(
  [x, reduceWeight, reduceBias, expandWeight, expandBias]: readonly V[],
  { gate, gate_params }: SqueezeAttrs,
  part: (op: keyof typeof parts, inputs: readonly V[], attrs: Attrs) => V,
): V {
  const mean = part('global_average_pool', [x as V], {});
  const reduced = part('conv2d', [mean, reduceWeight as V, reduceBias as V], { activation: 'relu' });
  const activation = { activation: gate, activation_params: gate_params };
  return part('conv2d', [reduced, expandWeight as V, expandBias as V], activation);
}

function squeezeMacs({
  x,
  reduce_weight: weight,
}: Readonly<Record<'x' | 'reduce_weight', TensorType>>): number {
  return 2 * Number(x.shape[0]) * Number(weight.shape[0]) * Number(weight.shape[1]);
}
