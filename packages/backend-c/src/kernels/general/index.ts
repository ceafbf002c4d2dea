import type { Node } from '@ghostc/ir';
import { opsWith } from '@ghostc/ops';
import type { Emit, Kernel } from '../../kernel.ts';
import { elementwiseKernels } from './elementwise.ts';
import { indexingKernels } from './indexing.ts';
import { reductionKernels } from './reductions.ts';

const emits: Readonly<Record<string, Emit>> = {
  ...elementwiseKernels,
  ...indexingKernels,
  ...reductionKernels,
};

const onlyGeneral: ReadonlySet<string> = new Set(opsWith('general'));

/** Ops that have no tuned kernel, and the others where something is not float32. */
function accepts({ op, inputs, outputs }: Node): boolean {
  return onlyGeneral.has(op) || [...inputs, ...outputs].some((value) => value && value.type.dtype !== 'f32');
}

/** Plain loops for elements of any type. */
export const generalKernels: Readonly<Record<string, Kernel>> = Object.fromEntries(
  Object.entries(emits).map(([op, emit]) => [op, { emit, accepts }]),
);
