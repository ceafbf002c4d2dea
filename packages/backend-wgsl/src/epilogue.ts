import type { Node } from '@ghostc/ir';
import { type Activation, activationAttrs, withDefaults } from '@ghostc/ops';
import type { Lane } from './kernel.ts';
import { type ElementFunction, elementFunction } from './text/element-function.ts';

/** Parameters that an activation's formula reads, when the attribute lists fewer. */
const arity: Partial<Record<Activation['activation'], number>> = { clip: 2, hard_sigmoid: 2, leaky_relu: 1 };

/** The fused activation of a node as `fn apply`. */
export function epilogueOf(node: Node, lane: Lane): ElementFunction {
  const { activation, activation_params } = withDefaults(
    activationAttrs,
    node.attrs,
  ) as unknown as Activation;
  const params = Array.from({ length: arity[activation] ?? 0 }, (_, i) => activation_params[i] ?? 0);
  return elementFunction(activation, lane, params);
}
