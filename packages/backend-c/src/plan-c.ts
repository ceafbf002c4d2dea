import type { Graph, Node } from '@ghostc/ir';
import { nodeMacs, rowRuleOf } from '@ghostc/ops';
import { planWithin, type WithinResult } from '@ghostc/planner';
import { arenaLimitError } from './arena-limit-error.ts';
import { byLikeness } from './by-likeness.ts';
import type { Device, IoForm, PlanCOptions } from './c-program.ts';
import { checkGraph } from './check-graph.ts';
import type { Kernel } from './kernel.ts';
import { kernelOf } from './kernels/kernel-of.ts';
import { type KernelSet, kernelSetOf } from './kernels/quantized/index.ts';
import { lanesOf } from './lanes.ts';
import { cStorageRule } from './storage-rule.ts';

/** Arena alignment in bytes. */
export const arenaAlign = 16;

/** A lowered graph with its memory plan, which has its order, and what the plan depends on. */
export interface CPlan extends WithinResult {
  readonly device: Device;
  readonly io: IoForm;
  readonly kernelSet: KernelSet;
  /** The kernel of a node of the plan. */
  readonly kernel: (node: Node) => Kernel;
}

/**
 * The memory plan of the C program for a lowered graph. With `maxRam`, layers are computed in bands of rows where the
 * arena would be larger; throws `backend-c/max-ram` when no plan found is small enough, and `backend-c/...` for what C has no
 * code for.
 */
export function planC(lowered: Graph, options: PlanCOptions = {}): CPlan {
  const { device = 'host', maxRam, io = 'caller' } = options;
  const lanes = lanesOf(device);
  const kernelSet = kernelSetOf(options, lowered);
  const kernel = byLikeness((node) => kernelOf(node, kernelSet));
  checkGraph(lowered, kernel);
  const result = planWithin(lowered, {
    storageRule: byLikeness((node) => cStorageRule(node, kernel(node))),
    rowRule: rowRuleOf,
    io,
    align: arenaAlign,
    scratchBytes: byLikeness((node) => kernel(node).scratchBytes?.(node, lanes) ?? 0),
    maxBytes: maxRam ?? Number.POSITIVE_INFINITY,
    work: nodeMacs,
  });
  if (result.missing > 0) throw arenaLimitError(result, maxRam ?? 0);
  return { ...result, device, io, kernelSet, kernel };
}
