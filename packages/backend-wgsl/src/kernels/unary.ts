import { staticShape, stridesOf } from '@ghostc/ir';
import { attrsOf, lookup, type OpsWith, opsWith } from '@ghostc/ops';
import type { KernelContext, Step } from '../kernel.ts';
import { mapStep } from '../map-step.ts';
import { elementFunction } from '../text/element-function.ts';
import { kernelTable } from './kernel-table.ts';
import { sourceOf } from './operands.ts';

function unary(op: OpsWith<'unary'>, { node, place }: KernelContext): Step[] {
  const x = sourceOf(node, 0);
  const dims = staticShape(x.type.shape);
  const strides = stridesOf(dims);
  const definition = lookup(op);
  const attrs = attrsOf(definition, node);
  const params = Object.keys(definition.attrs).map((name) => Number(attrs[name] ?? 0));
  return [
    mapStep({
      id: 'unary',
      nest: { dims, strides: [strides, strides] },
      places: [place(node.output), place(x)],
      formula: () => 'a_v',
      apply: (lane) => elementFunction(op, lane, params),
    }),
  ];
}

/** y = f(x), element by element; attributes are parameters in the order of their declaration. */
export const unaryKernels = kernelTable(opsWith('unary'), unary);
