import type { Attrs } from '@ghostc/ir';
import { activationAttrs, activationOpAttrs, attrsOf } from '@ghostc/ops';
import type { Lane } from './kernel.ts';
import { type ElementFunction, elementFunction } from './text/element-function.ts';

/** The fused activation that a node's attributes name, as `fn apply`. */
export function epilogueOf(attrs: Attrs, lane: Lane): ElementFunction {
  const act = attrsOf({ attrs: activationAttrs }, { attrs });
  return elementFunction(act.activation, lane, Object.values(activationOpAttrs(act)));
}
