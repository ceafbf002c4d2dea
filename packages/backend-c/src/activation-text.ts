import type { Node } from '@ghostc/ir';
import { type Activation, activationAttrs, activationOpAttrs, attrsOf } from '@ghostc/ops';
import { type Arithmetic, arithmeticOf } from './arithmetic.ts';
import { operand, unaryFormulas } from './elementwise-formulas.ts';
import { type Lanes, scalarLanes } from './lanes.ts';

/** The fused activation of a node. */
export function activationOf(node: Node): Activation {
  return attrsOf({ attrs: activationAttrs }, node);
}

/** The activation of the name `v`, in any arithmetic. */
export function activationFormula(act: Activation, c: Arithmetic, v: string): string {
  if (act.activation === 'none') return v;
  return unaryFormulas[act.activation](c, v, activationOpAttrs(act));
}

const single = arithmeticOf('f32');

/** The activation of the float `v`, which must be a plain name or element, as an operand. */
export function activated(act: Activation, v: string): string {
  return operand(activationFormula(act, single, v));
}

/** Lines that write the activated register `v` to `y[index]` and on. */
export function storeActivated(
  lanes: Lanes,
  act: Activation,
  { y, index, v }: { y: string; index: string; v: string },
): string[] {
  if (!lanes.vector) return [`${y}[${index}] = ${activated(act, v)};`];
  if (act.activation === 'none') return [`STORE(${y} + ${index}, ${v});`];
  if (act.activation === 'relu') return [`STORE(${y} + ${index}, RELU(${v}));`];
  return [
    `STORE(${y} + ${index}, ${v});`,
    'for (int l = 0; l < LANES; l++) {',
    `const float v = ${y}[${index} + l];`,
    ...storeActivated(scalarLanes, act, { y, index: `${index} + l`, v: 'v' }),
    '}',
  ];
}
