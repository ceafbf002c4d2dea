import { CompileError, type Graph, type Node } from '@ghostc/ir';
import { rowRuleOf } from '@ghostc/ops';
import { planWithin, type WithinResult } from '@ghostc/planner';
import { arenaLimitError } from './arena-limit-error.ts';
import { byLikeness } from './by-likeness.ts';
import type { PlanCOptions } from './c-program.ts';
import { type FusedGhost, fuseGhost, macsOf, unfused } from './fuse-ghost.ts';
import { convScratchBytes } from './kernels/conv2d.ts';
import { depthwiseScratchBytes } from './kernels/depthwise-conv2d.ts';
import { ghostScratchBytes } from './kernels/quantized/dsp/ghost-module.ts';
import { isQuantizedOp, type KernelSet, kernelSetOf, quantizedKernel } from './kernels/quantized/index.ts';
import { type Lanes, lanesOf } from './lanes.ts';
import { cStorageRule } from './storage-rule.ts';

/** Arena alignment in bytes. */
export const arenaAlign = 16;

/** A plan, and what its fused nodes stand for. */
export type CPlan = WithinResult & Pick<FusedGhost, 'pairOf'>;

/**
 * The memory plan of the C program for a lowered graph. With `maxRam`, layers are computed in bands of rows where the
 * arena would be larger; throws `backend-c/max-ram` when no plan found is small enough.
 */
export function planC(lowered: Graph, options: PlanCOptions = {}): CPlan {
  const { device = 'host', maxRam, io = 'caller' } = options;
  const lanes = lanesOf(device);
  const kernelSet = kernelSetOf(options, lowered);
  const { graph, pairOf } = options.fuseGhost ? fusedFor(kernelSet, lowered) : unfused(lowered);
  const result = planWithin(graph, {
    storageRule: byLikeness((node) => (pairOf(node) ? { kind: 'own' } : cStorageRule(node, kernelSet))),
    rowRule: rowRuleOf,
    io,
    align: arenaAlign,
    scratchBytes: byLikeness((node) => {
      const pair = pairOf(node);
      return pair ? ghostScratchBytes(pair) : scratchBytes(node, { lanes, kernelSet });
    }),
    maxBytes: maxRam ?? Number.POSITIVE_INFINITY,
    work: (node) => macsOf(node, pairOf(node)),
  });
  if (result.missing > 0) throw arenaLimitError(result, maxRam ?? 0);
  return { ...result, pairOf };
}

function fusedFor(kernelSet: KernelSet, lowered: Graph): FusedGhost {
  if (kernelSet === 'cortex-m4' || kernelSet === 'cortex-m7') return fuseGhost(lowered);
  throw new CompileError(
    'backend-c/fuse-ghost',
    `fused Ghost modules are for the kernels of cortex-m4 and cortex-m7, found ${kernelSet}`,
  );
}

function scratchBytes(node: Node, { lanes, kernelSet }: { lanes: Lanes; kernelSet: KernelSet }): number {
  if (isQuantizedOp(node.op)) return quantizedKernel(node, kernelSet).scratchBytes?.(node) ?? 0;
  if (node.op === 'conv2d') return convScratchBytes(node, lanes);
  return node.op === 'depthwise_conv2d' ? depthwiseScratchBytes(node, lanes) : 0;
}
