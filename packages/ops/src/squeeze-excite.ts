import type { Attrs, Tensor, TensorType } from '@ghostc/ir';
import { floats, oneOf } from './attr-spec.ts';
import { mul } from './binary.ts';
import { conv2d } from './conv2d.ts';
import { defineOp, type OpDefinition } from './define-op.ts';
import { globalAveragePool } from './pool.ts';

const squeezeInputs = ['x', 'reduce_weight', 'reduce_bias', 'expand_weight', 'expand_bias'] as const;

const squeezeAttrs = {
  gate: oneOf(['hard_sigmoid', 'sigmoid'], 'hard_sigmoid'),
  gate_params: floats([1 / 6, 0.5]),
} as const;

/**
 * Squeeze-and-excite: y = x * gate(expand(relu(reduce(mean(x))))), mean over space; x [N,C,H,W],
 * reduce_weight [R,C,1,1], expand_weight [C,R,1,1]. `gate` is an activation with its parameters.
 */
export const squeezeExcite = defineOp({
  name: 'squeeze_excite',
  inputs: squeezeInputs,
  attrs: squeezeAttrs,
  traits: ['reduction'],
  infer: ({ x }) => ({ dtype: x.dtype, shape: x.shape }),
  evaluate(inputs, attrs) {
    const { x, reduce_weight, reduce_bias, expand_weight, expand_bias } = inputs;
    const operands = [x, reduce_weight, reduce_bias, expand_weight, expand_bias];
    return run(mul, [x, run(squeezeExciteGate, operands, attrs)], {});
  },
  macs: squeezeMacs,
});

/** The factors of squeeze-and-excite alone: gate(expand(relu(reduce(mean(x))))), [N,C,1,1]. */
export const squeezeExciteGate = defineOp({
  name: 'squeeze_excite_gate',
  inputs: squeezeInputs,
  attrs: squeezeAttrs,
  traits: ['reduction'],
  infer: ({ x }) => ({ dtype: x.dtype, shape: [...x.shape.slice(0, 2), 1, 1] }),
  evaluate(inputs, attrs) {
    const mean = run(globalAveragePool, [inputs.x], {});
    const reduced = run(conv2d, [mean, inputs.reduce_weight, inputs.reduce_bias], { activation: 'relu' });
    return run(conv2d, [reduced, inputs.expand_weight, inputs.expand_bias], {
      activation: attrs.gate,
      activation_params: attrs.gate_params,
    });
  },
  macs: squeezeMacs,
});

function squeezeMacs({
  x,
  reduce_weight: weight,
}: Readonly<Record<'x' | 'reduce_weight', TensorType>>): number {
  return 2 * Number(x.shape[0]) * Number(weight.shape[0]) * Number(weight.shape[1]);
}

function run(op: OpDefinition, inputs: readonly Tensor[], attrs: Attrs): Tensor {
  return op.evaluateTensors(inputs, attrs, op.inferTypes(inputs, attrs))[0] as Tensor;
}
