import { staticShape, stridesOf } from '@ghostc/ir';
import { type OpsWith, opsWith } from '@ghostc/ops';
import { epilogueOf } from '../epilogue.ts';
import type { KernelContext, Step } from '../kernel.ts';
import { mapStep } from '../map-step.ts';
import { broadcastStrides } from '../strided-nest.ts';
import { binaryFormulas, powerFunctions } from '../text/elementwise-formulas.ts';
import { kernelTable } from './kernel-table.ts';
import { sourceOf } from './operands.ts';

function binary(op: OpsWith<'binary'>, { node, place }: KernelContext): Step[] {
  const dims = staticShape(node.output.type.shape);
  const [a, b] = [sourceOf(node, 0), sourceOf(node, 1)];
  const operandStrides = [a, b].map((value) => broadcastStrides(staticShape(value.type.shape), dims));
  return [
    mapStep({
      id: op,
      nest: { dims, strides: [stridesOf(dims), ...operandStrides] },
      places: [place(node.output), place(a), place(b)],
      formula: (lane) => binaryFormulas[op](lane, 'a_v', 'b_v'),
      functions: (lane) => (op === 'pow' ? powerFunctions(lane) : []),
      apply: (lane) => epilogueOf(node.attrs, lane),
    }),
  ];
}

/** y = act(f(a, b)) with broadcasting. */
export const binaryKernels = kernelTable(opsWith('binary'), binary);
