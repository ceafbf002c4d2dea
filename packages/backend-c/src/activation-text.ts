import type { Node } from '@ghostc/ir';
import { type Activation, activationAttrs, activationOpAttrs, attrsOf } from '@ghostc/ops';
import { type Arithmetic, arithmeticOf } from './arithmetic.ts';
import { operand, unaryFormulas } from './elementwise-formulas.ts';
import { registerActivation } from './register-formulas.ts';

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

/** The statement that writes the activated float `v` to `y[index]`. */
export function storeActivated(
  act: Activation,
  { y, index, v }: { y: string; index: string; v: string },
): string {
  return `${y}[${index}] = ${activated(act, v)};`;
}

/** Statements that apply the activation to the register of the name `v`. */
export function activateRegister(act: Activation, v: string): string[] {
  if (act.activation === 'none') return [];
  const formula = registerActivation(act, v);
  if (formula !== undefined) return [`${v} = ${formula};`];
  return [
    '{',
    'float lanes[LANES];',
    `STORE(lanes, ${v});`,
    'for (int l = 0; l < LANES; l++) {',
    'const float v = lanes[l];',
    `lanes[l] = ${activationFormula(act, single, 'v')};`,
    '}',
    `${v} = LOAD(lanes);`,
    '}',
  ];
}
