import type { Graph, Node } from '@ghostc/ir';
import { nodeMacs, rowRuleOf } from '@ghostc/ops';
import { planWithin, type WithinResult } from '@ghostc/planner';
import { arenaLimitError } from './arena-limit-error.ts';
import { byLikeness } from './by-likeness.ts';
import type { Device, IoForm, PlanCOptions } from './c-program.ts';
import { checkGraph } from './check-graph.ts';
import { convScratchBytes } from './kernels/conv2d.ts';
import { depthwiseScratchBytes } from './kernels/depthwise-conv2d.ts';
import { isQuantizedOp, type KernelSet, kernelSetOf, quantizedKernel } from './kernels/quantized/index.ts';
import { type Lanes, lanesOf } from './lanes.ts';
import { cStorageRule } from './storage-rule.ts';

/** Arena alignment in bytes. */
export const arenaAlign = 16;

/** A lowered graph with its memory plan, which has its order, and what the plan depends on. */
export interface CPlan extends WithinResult {
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
  const result = planWithin(lowered, {
    storageRule: byLikeness((node) => cStorageRule(node, kernelSet)),
    rowRule: rowRuleOf,
    io,
    align: arenaAlign,
    scratchBytes: byLikeness((node) => scratchBytes(node, { lanes, kernelSet })),
    maxBytes: maxRam ?? Number.POSITIVE_INFINITY,
    work: nodeMacs,
  });
  if (result.missing > 0) throw arenaLimitError(result, maxRam ?? 0);
  return { ...result, device, io, kernelSet };
}

function scratchBytes(node: Node, { lanes, kernelSet }: { lanes: Lanes; kernelSet: KernelSet }): number {
  if (isQuantizedOp(node.op)) return quantizedKernel(node, kernelSet).scratchBytes?.(node) ?? 0;
  if (node.op === 'conv2d') return convScratchBytes(node, lanes);
  return node.op === 'depthwise_conv2d' ? depthwiseScratchBytes(node, lanes) : 0;
}
