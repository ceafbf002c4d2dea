import { CompileError, type Graph, type Node, numElements } from '@ghostc/ir';
import { nodeMacs, rowRuleOf } from '@ghostc/ops';
import { parallelStages, planWithin, type Stage, type WithinResult } from '@ghostc/planner';
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
  /** Threads that may compute at the same time. */
  readonly threads: number;
  /** Steps that they compute at the same time, a list for each thread; the others run one after another. */
  readonly stages: readonly Stage<Node>[];
}

/**
 * The memory plan of the C program for a lowered graph. With `maxRam`, layers are computed in bands of rows where the
 * arena would be larger; throws `backend-c/max-ram` when no plan found is small enough, and `backend-c/...` for what C has no
 * code for.
 */
export function planC(lowered: Graph, options: PlanCOptions = {}): CPlan {
  const { device = 'host', maxRam, io = 'caller', threads = 1 } = options;
  checkThreads(options);
  const lanes = lanesOf(device);
  const kernelSet = kernelSetOf(options, lowered);
  const kernel = byLikeness((node) => kernelOf(node, kernelSet));
  checkGraph(lowered, kernel);
  let stages: readonly Stage<Node>[] = [];
  const result = planWithin(lowered, {
    storageRule: byLikeness((node) => cStorageRule(node, kernel(node))),
    rowRule: rowRuleOf,
    io,
    align: arenaAlign,
    scratchBytes: byLikeness((node) => kernel(node).scratchBytes?.(node, lanes) ?? 0),
    maxBytes: maxRam ?? Number.POSITIVE_INFINITY,
    work: nodeMacs,
    ...(threads > 1 && {
      together: (elided) => {
        const all = parallelStages([...lowered.nodes()], { elided, lists: threads, work: workOf });
        stages = all.filter((stage) => stage.length > 1);
        return stages.map((stage) => stage.flat());
      },
    }),
  });
  if (result.missing > 0) throw arenaLimitError(result, maxRam ?? 0);
  return { ...result, device, io, kernelSet, kernel, threads, stages };
}

/** Multiply-accumulates, and what takes about as long for an element that is read or written. */
function workOf(node: Node): number {
  return nodeMacs(node) + 4 * numElements(node.output.type.shape);
}

const MOST_THREADS = 64;

function checkThreads({ threads = 1, maxRam, kernels }: PlanCOptions): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    throw new CompileError('backend-c/threads', `threads expects 1 to ${MOST_THREADS}, found ${threads}`);
  if (threads > 1 && maxRam !== undefined)
    throw new CompileError(
      'backend-c/threads',
      'bands of rows are computed one after another; expected threads or a limit of RAM, found both',
    );
  if (threads > 1 && kernels === 'cmsis-nn')
    throw new CompileError(
      'backend-c/threads',
      'layers of CMSIS-NN may fail, which a task on another thread cannot report; expected one of the two',
    );
}
