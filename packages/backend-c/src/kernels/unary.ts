import { numElements } from '@ghostc/ir';
import { type ActivationName, lookup, type OpsWith, withDefaults } from '@ghostc/ops';
import { activated } from '../activation-text.ts';
import type { Kernel } from '../kernel.ts';
import { floatLiteral } from '../text/float-literal.ts';
import { loop } from '../text/loops.ts';
import { input } from './operands.ts';

const viaActivation =
  (activation: ActivationName, ...names: string[]) =>
  (params: Readonly<Record<string, number>>): string =>
    activated({ activation, activation_params: names.map((name) => params[name] ?? 0) }, 'v');

/** Each op as an expression of `v`. */
const formulas = {
  abs: () => 'fabsf(v)',
  ceil: () => 'ceilf(v)',
  clip: viaActivation('clip', 'min', 'max'),
  elu: ({ alpha = 1 }) => `v < 0.0f ? ${floatLiteral(alpha)} * expm1f(v) : v`,
  exp: () => 'expf(v)',
  floor: () => 'floorf(v)',
  hard_sigmoid: viaActivation('hard_sigmoid', 'alpha', 'beta'),
  hard_swish: viaActivation('hard_swish'),
  leaky_relu: viaActivation('leaky_relu', 'alpha'),
  log: () => 'logf(v)',
  neg: () => '-v',
  reciprocal: () => '1.0f / v',
  relu: viaActivation('relu'),
  round: () => 'rintf(v)',
  sigmoid: viaActivation('sigmoid'),
  silu: viaActivation('silu'),
  softplus: () => '(v > 0.0f ? v : 0.0f) + log1pf(expf(-fabsf(v)))',
  sqrt: () => 'sqrtf(v)',
  tanh: viaActivation('tanh'),
} satisfies { [K in OpsWith<'unary'>]: (params: Readonly<Record<string, number>>) => string };

/** y[i] = f(x[i]); may run in place. */
function unary(op: OpsWith<'unary'>): Kernel {
  return ({ node, pointer }) => {
    const count = numElements(node.output.type.shape);
    const params = withDefaults(lookup(op).attrs, node.attrs) as Readonly<Record<string, number>>;
    return {
      fn: {
        hint: `${op}_${count}`,
        params: ['const float *x', 'float *y'],
        body: loop('i', count, ['const float v = x[i];', `y[i] = ${formulas[op](params)};`]),
      },
      args: [pointer(input(node, 0)), pointer(node.output)],
    };
  };
}

export const unaryKernels = Object.fromEntries(
  Object.keys(formulas).map((op) => [op, unary(op as OpsWith<'unary'>)]),
) as {
  readonly [K in OpsWith<'unary'>]: Kernel;
};
