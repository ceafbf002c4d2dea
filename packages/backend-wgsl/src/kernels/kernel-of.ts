import { CompileError, type DType, type Node } from '@ghostc/ir';
import type { Kernel } from '../kernel.ts';
import { floatKernels } from './float-kernels.ts';
import { generalKernels } from './general/index.ts';
import { largeKernels, wholeKernels } from './general/whole.ts';
import { at } from './operands.ts';
import { byteKernels, quantizedKernels } from './quantized/index.ts';

type Kernels = Readonly<Record<string, Kernel | undefined>>;

const onBytes: readonly Kernels[] = [quantizedKernels, byteKernels];
const onFloats: readonly Kernels[] = [largeKernels, wholeKernels, generalKernels, floatKernels];

/** The kernel of a quantised op, or of another op on bytes; undefined for a node whose values are floats. */
export function byteKernelOf(node: Node): Kernel | undefined {
  return firstOf(onBytes, node, node.output.type.dtype);
}

/**
 * The kernel that computes a node whose output represents `dtype`: the first of a table that accepts it.
 * Throws `wgsl/op` if there is none.
 */
export function kernelOf(node: Node, dtype: DType): Kernel {
  const kernel = byteKernelOf(node) ?? firstOf(onFloats, node, dtype);
  if (kernel) return kernel;
  const problem = `there is no WGSL kernel for ${node.op}; lower the graph first`;
  throw new CompileError('wgsl/op', problem, at(node));
}

function firstOf(tables: readonly Kernels[], node: Node, dtype: DType): Kernel | undefined {
  for (const table of tables) {
    const kernel = Object.hasOwn(table, node.op) ? table[node.op] : undefined;
    if (kernel && (kernel.accepts?.(node, dtype) ?? true)) return kernel;
  }
  return undefined;
}
