import { CompileError, type Node } from '@ghostc/ir';
import type { Kernel } from '../kernel.ts';
import { floatKernels } from './float-kernels.ts';
import { generalKernels } from './general/index.ts';
import { type KernelSet, portableKernels, tunedKernelsOf } from './quantized/index.ts';

type Kernels = Readonly<Record<string, Kernel | undefined>>;

const untuned: readonly Kernels[] = [portableKernels, generalKernels, floatKernels];

/** The kernel that computes a node: the first of a table that accepts it. Throws `backend-c/op` if there is none. */
export function kernelOf(node: Node, set: KernelSet): Kernel {
  const tables: readonly (Kernels | undefined)[] = [...tunedKernelsOf(set), ...untuned];
  for (const table of tables) {
    const kernel = table && Object.hasOwn(table, node.op) ? table[node.op] : undefined;
    if (kernel && (kernel.accepts?.(node) ?? true)) return kernel;
  }
  const problem = `there is no C kernel for ${node.op}; lower the graph first`;
  throw new CompileError('backend-c/op', problem, { node: node.origin[0], op: node.op });
}
