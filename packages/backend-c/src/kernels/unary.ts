import { numElements } from '@ghostc/ir';
import { activations, lookup, type OpsWith, opsWith, withDefaults } from '@ghostc/ops';
import { arithmeticOf } from '../arithmetic.ts';
import { operand, unaryFormulas } from '../elementwise-formulas.ts';
import type { Emit } from '../kernel.ts';
import { loop } from '../text/loops.ts';
import { input } from './operands.ts';

const single = arithmeticOf('f32');
const asActivation: ReadonlySet<string> = new Set(activations);

/** The op as an expression of `v`; one that can be a fused activation is written as that is. */
function formulaOf(op: OpsWith<'unary'>, params: Readonly<Record<string, number>>): string {
  const formula = unaryFormulas[op](single, 'v', params);
  return asActivation.has(op) ? operand(formula) : formula;
}

/** y[i] = f(x[i]); may run in place. */
function unary(op: OpsWith<'unary'>): Emit {
  return ({ node, pointer }) => {
    const count = numElements(node.output.type.shape);
    const params = withDefaults(lookup(op).attrs, node.attrs) as Readonly<Record<string, number>>;
    return {
      fn: {
        hint: `${op}_${count}`,
        params: ['const float *x', 'float *y'],
        body: loop('i', count, ['const float v = x[i];', `y[i] = ${formulaOf(op, params)};`]),
      },
      args: [pointer(input(node, 0)), pointer(node.output)],
    };
  };
}

export const unaryKernels = Object.fromEntries(opsWith('unary').map((op) => [op, unary(op)])) as {
  readonly [K in OpsWith<'unary'>]: Emit;
};
