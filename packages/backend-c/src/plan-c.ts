import { CompileError, type Graph, type Node } from '@ghostc/ir';
import { nodeMacs, rowRuleOf } from '@ghostc/ops';
import { planWithin, type WithinResult } from '@ghostc/planner';
import type { PlanCOptions } from './c-program.ts';
import { convScratchBytes } from './kernels/conv2d.ts';
import { depthwiseScratchBytes } from './kernels/depthwise-conv2d.ts';
import { isQuantizedOp, type KernelSet, quantizedKernel } from './kernels/quantized/index.ts';
import { type Lanes, lanesOf } from './lanes.ts';
import { cStorageRule } from './storage-rule.ts';

/** Arena alignment in bytes. */
export const arenaAlign = 16;

/**
 * The memory plan of the C program for a lowered graph. With `maxRam`, layers are computed in bands of rows where the
 * arena would be larger; throws `backend-c/max-ram` when no plan found is small enough.
 */
export function planC(lowered: Graph, options: PlanCOptions = {}): WithinResult {
  const { device = 'host', kernels, maxRam, io = 'caller' } = options;
  const lanes = lanesOf(device);
  const kernelSet = kernels ?? device;
  const result = planWithin(lowered, {
    storageRule: remembered((node) => cStorageRule(node, kernelSet)),
    rowRule: rowRuleOf,
    io,
    align: arenaAlign,
    scratchBytes: remembered((node) => scratchBytes(node, { lanes, kernelSet })),
    maxBytes: maxRam ?? Number.POSITIVE_INFINITY,
    work: (node) => nodeMacs(node) ?? 0,
  });
  if (result.missing > 0) throw missed(result, maxRam ?? 0);
  return result;
}

/** Plans ask the same of a node again and again, and tuned kernels take a while to say. */
function remembered<T>(ask: (node: Node) => T): (node: Node) => T {
  const answers = new WeakMap<Node, T>();
  return (node) => {
    const known = answers.get(node);
    if (known !== undefined) return known;
    const answer = ask(node);
    answers.set(node, answer);
    return answer;
  };
}

function scratchBytes(node: Node, { lanes, kernelSet }: { lanes: Lanes; kernelSet: KernelSet }): number {
  if (isQuantizedOp(node.op)) return quantizedKernel(node, kernelSet).scratchBytes?.(node) ?? 0;
  if (node.op === 'conv2d') return convScratchBytes(node, lanes);
  return node.op === 'depthwise_conv2d' ? depthwiseScratchBytes(node, lanes) : 0;
}

function missed({ plan, missing, worst }: WithinResult, maxRam: number): CompileError {
  const { op, origin = [], output } = worst?.node ?? {};
  const blame = worst ? `; ${worst.bytes} bytes are alive at ${op} %${output?.name}` : '';
  return new CompileError(
    'backend-c/max-ram',
    `the arena needs ${plan.arenaBytes} bytes, ${missing} more than the ${maxRam} allowed${blame}`,
    { node: origin.at(-1), ...(op && { op }) },
  );
}
