import type { Node } from '@ghostc/ir';
import { activationAttrs, activationOpAttrs, attrsOf } from '@ghostc/ops';
import type { Lane } from './kernel.ts';
import { type ElementFunction, elementFunction } from './text/element-function.ts';

/** The fused activation of a node as `fn apply`. */
export function epilogueOf(node: Node, lane: Lane): ElementFunction {
  const act = attrsOf({ attrs: activationAttrs }, node);
  return elementFunction(act.activation, lane, Object.values(activationOpAttrs(act)));
}
