import type { Node } from '@ghostc/ir';
import { opsWith } from '@ghostc/ops';
import type { Kernel } from '../../kernel.ts';
import { elementwiseKernels } from './elementwise.ts';
import { indexingKernels } from './indexing.ts';
import { reductionKernels } from './reductions.ts';

/**
 * Plain loops for elements of any type: for ops that have no tuned kernel, and for the others where something is not float32.
 */
const generalKernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...indexingKernels,
  ...reductionKernels,
};

const onlyGeneral: ReadonlySet<string> = new Set(opsWith('general'));

/** The general kernel of a node, if it is that one that has to compute it. */
export function generalKernel(node: Node): Kernel | undefined {
  const kernel = Object.hasOwn(generalKernels, node.op) ? generalKernels[node.op] : undefined;
  if (onlyGeneral.has(node.op)) return kernel;
  const values = [...node.inputs, ...node.outputs];
  return values.some((value) => value && value.type.dtype !== 'f32') ? kernel : undefined;
}
