import type { Node } from '@ghostc/ir';
import type { LoweredOp, OpsWith } from '@ghostc/ops';
import { isPacked } from '../is-packed.ts';
import type { Kernel } from '../kernel.ts';
import { binaryKernels } from './binary.ts';
import { convTranspose2d } from './conv-transpose2d.ts';
import { conv2d } from './conv2d.ts';
import { concat, reshape, slice, transpose } from './copy.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { fullyConnected } from './fully-connected.ts';
import { fusedGhostModule } from './ghost/fused-ghost-module.ts';
import { ghostScratchBytes } from './ghost/whole-planes.ts';
import { matmul } from './matmul.ts';
import { pad } from './pad.ts';
import { averagePool, maxPool } from './pool.ts';
import { byteKernels, quantizedKernels } from './quantized/index.ts';
import { convScratchBytes } from './quantized/weighted.ts';
import { recurrent } from './recurrent.ts';
import { globalAveragePool, reduceKernels } from './reduce.ts';
import { resize } from './resize.ts';
import { softmax } from './softmax.ts';
import { gateScratchBytes, squeezeExciteGate } from './squeeze-excite-gate.ts';
import { unaryKernels } from './unary.ts';

/** What reaches this backend in float. */
export type GpuOp = LoweredOp | OpsWith<'gpu'>;

/** One kernel for every float op that lowering leaves. */
export const kernels = {
  ...unaryKernels,
  ...binaryKernels,
  ...reduceKernels,
  average_pool: averagePool,
  concat,
  conv2d,
  conv_transpose2d: convTranspose2d,
  depthwise_conv2d: depthwiseConv2d,
  fully_connected: fullyConnected,
  fused_ghost_module: fusedGhostModule,
  global_average_pool: globalAveragePool,
  matmul,
  max_pool: maxPool,
  pad,
  recurrent,
  reshape,
  resize,
  slice,
  softmax,
  squeeze_excite_gate: squeezeExciteGate,
  transpose,
} satisfies { readonly [K in GpuOp]: Kernel };

/** The kernel of a quantised op, or of another op on bytes; undefined for a node whose values are floats. */
export function integerKernel({ op, output }: Node): Kernel | undefined {
  const quantized: Readonly<Record<string, Kernel>> = quantizedKernels;
  const bytes: Readonly<Record<string, Kernel>> = byteKernels;
  return quantized[op] ?? (isPacked(output.type) ? bytes[op] : undefined);
}

const scratch: Partial<Record<string, (node: Node) => number>> = {
  fused_ghost_module: ghostScratchBytes,
  qlinear_conv2d: convScratchBytes,
  squeeze_excite_gate: gateScratchBytes,
} satisfies { readonly [K in GpuOp | OpsWith<'quantized'>]?: (node: Node) => number };

/** Bytes of the arena that a node's kernel needs for itself while it runs. */
export function scratchBytes(node: Node): number {
  return scratch[node.op]?.(node) ?? 0;
}
