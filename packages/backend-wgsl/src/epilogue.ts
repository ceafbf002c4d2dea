import type { Node } from '@ghostc/ir';
import { type Activation, activationAttrs, activationOpAttrs, withDefaults } from '@ghostc/ops';
import type { Lane } from './kernel.ts';
import { type ElementFunction, elementFunction } from './text/element-function.ts';

/** The fused activation of a node as `fn apply`. */
export function epilogueOf(node: Node, lane: Lane): ElementFunction {
  const act = withDefaults(activationAttrs, node.attrs) as unknown as Activation;
  return elementFunction(act.activation, lane, Object.values(activationOpAttrs(act)) as number[]);
}
