import type { Attrs, Tensor } from '@ghostc/ir';
import { floats, oneOf } from './attr-spec.ts';
import { mul } from './binary.ts';
import { conv2d } from './conv2d.ts';
import { defineOp, type OpDefinition } from './define-op.ts';
import { globalAveragePool } from './pool.ts';

/**
 * Squeeze-and-excite: y = x * gate(expand(relu(reduce(mean(x))))), mean over space; x [N,C,H,W],
 * reduce_weight [R,C,1,1], expand_weight [C,R,1,1]. `gate` is an activation with its parameters.
 */
export const squeezeExcite = defineOp({
  name: 'squeeze_excite',
  inputs: ['x', 'reduce_weight', 'reduce_bias', 'expand_weight', 'expand_bias'],
  attrs: { gate: oneOf(['hard_sigmoid', 'sigmoid'], 'hard_sigmoid'), gate_params: floats([1 / 6, 0.5]) },
  traits: ['reduction'],
  infer: ({ x }) => ({ dtype: x.dtype, shape: x.shape }),
  evaluate(inputs, attrs) {
    const mean = run(globalAveragePool, [inputs.x], {});
    const reduced = run(conv2d, [mean, inputs.reduce_weight, inputs.reduce_bias], { activation: 'relu' });
    const gate = run(conv2d, [reduced, inputs.expand_weight, inputs.expand_bias], {
      activation: attrs.gate,
      activation_params: attrs.gate_params,
    });
    return run(mul, [inputs.x, gate], {});
  },
  macs: ({ x, reduce_weight: weight }) =>
    2 * Number(x.shape[0]) * Number(weight.shape[0]) * Number(weight.shape[1]),
});

function run(op: OpDefinition, inputs: readonly Tensor[], attrs: Attrs): Tensor {
  return op.evaluateTensors(inputs, attrs, op.inferTypes(inputs, attrs))[0] as Tensor;
}
