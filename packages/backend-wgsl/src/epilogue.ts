import type { Node } from '@ghostc/ir';
import { activationAttrs, activationOp, attrsOf } from '@ghostc/ops';
import type { Lane } from './kernel.ts';
import { type ElementFunction, elementFunction } from './text/element-function.ts';

/** The fused activation of a node as `fn apply`. */
export function epilogueOf(node: Node, lane: Lane): ElementFunction {
  const { activation, activation_params } = attrsOf({ attrs: activationAttrs }, node);
  const names = activationOp(activation)?.epilogue.params ?? [];
  const params = names.map((_, i) => activation_params[i] ?? 0);
  return elementFunction(activation, lane, params);
}
