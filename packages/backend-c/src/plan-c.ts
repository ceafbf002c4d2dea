import { CompileError, type Graph, type Node } from '@ghostc/ir';
import { rowRuleOf } from '@ghostc/ops';
import { planWithin, type WithinResult } from '@ghostc/planner';
import { arenaLimitError } from './arena-limit-error.ts';
import { byLikeness } from './by-likeness.ts';
import type { Device, IoForm, PlanCOptions } from './c-program.ts';
import { checkGraph } from './check-graph.ts';
import { type FusedGhost, fuseGhost, macsOf, unfused } from './fuse-ghost.ts';
import { convScratchBytes } from './kernels/conv2d.ts';
import { depthwiseScratchBytes } from './kernels/depthwise-conv2d.ts';
import { ghostScratchBytes } from './kernels/quantized/dsp/ghost-module.ts';
import { isQuantizedOp, type KernelSet, kernelSetOf, quantizedKernel } from './kernels/quantized/index.ts';
import { type Lanes, lanesOf } from './lanes.ts';
import { cStorageRule } from './storage-rule.ts';

/** Arena alignment in bytes. */
export const arenaAlign = 16;

/** A lowered graph with its memory plan, which has its order, and what the plan depends on. */
export interface CPlan extends WithinResult, Pick<FusedGhost, 'pairOf'> {
  readonly device: Device;
  readonly io: IoForm;
  readonly kernelSet: KernelSet;
}

/**
 * The memory plan of the C program for a lowered graph. With `maxRam`, layers are computed in bands of rows where the
 * arena would be larger; throws `backend-c/max-ram` when no plan found is small enough, and `backend-c/...` for what C has no
 * code for.
 */
export function planC(lowered: Graph, options: PlanCOptions = {}): CPlan {
  checkGraph(lowered);
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
  return { ...result, device, io, kernelSet, pairOf };
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
