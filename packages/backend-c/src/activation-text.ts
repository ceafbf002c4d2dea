import type { Node } from '@ghostc/ir';
import { type Activation, type ActivationName, activationAttrs, attrsOf } from '@ghostc/ops';
import { type Lanes, scalarLanes } from './lanes.ts';
import { floatLiteral } from './text/float-literal.ts';

/** The fused activation of a node. */
export function activationOf(node: Node): Activation {
  return attrsOf({ attrs: activationAttrs }, node);
}

const formulas = {
  none: (v) => v,
  relu: (v) => `(${v} < 0.0f ? 0.0f : ${v})`,
  clip: (v, a, b) => `(${v} < ${a} ? ${a} : ${v} > ${b} ? ${b} : ${v})`,
  hard_sigmoid: (v, a, b) => unit(`${a} * ${v} + ${b}`),
  hard_swish: (v) => `(${v} * ${unit(`${v} * ${floatLiteral(1 / 6)} + 0.5f`)})`,
  sigmoid: (v) => `(1.0f / (1.0f + expf(-${v})))`,
  tanh: (v) => `tanhf(${v})`,
  leaky_relu: (v, a) => `(${v} < 0.0f ? ${a} * ${v} : ${v})`,
  silu: (v) => `(${v} / (1.0f + expf(-${v})))`,
} satisfies { [K in ActivationName]: (v: string, a: string, b: string) => string };

/** min(max(e, 0), 1); NaN stays NaN. */
function unit(e: string): string {
  return `(${e} < 0.0f ? 0.0f : ${e} > 1.0f ? 1.0f : ${e})`;
}

/** The activation of the C expression `v`, which must be a plain name or element. */
export function activated({ activation, activation_params: [a = 0, b = 0] }: Activation, v: string): string {
  return formulas[activation](v, floatLiteral(a), floatLiteral(b));
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
