import type { Node, StorageRule } from '@ghostc/ir';
import { attrsOf, depthwiseConv2d, storageRuleOf } from '@ghostc/ops';
import { convGeometry } from './kernels/conv-geometry.ts';
import { isQuantizedOp, type KernelSet, quantizedKernel } from './kernels/quantized/index.ts';
import { writesBehindReads } from './kernels/writes-behind-reads.ts';

/** What a node asks of memory, with what the C kernels allow beyond the op itself: some may write over their input. */
export function cStorageRule(node: Node, kernelSet: KernelSet): StorageRule {
  const rule = storageRuleOf(node);
  if (!overwritesInput(node, kernelSet)) return rule;
  return { kind: 'in-place', inputs: rule.kind === 'in-place' ? [...rule.inputs, 0] : [0] };
}

function overwritesInput(node: Node, kernelSet: KernelSet): boolean {
  if (isQuantizedOp(node.op)) return quantizedKernel(node, kernelSet).overwritesInput?.(node) ?? false;
  if (node.op !== depthwiseConv2d.name) return false;
  const { multiplier, ...attrs } = attrsOf(depthwiseConv2d, node);
  return writesBehindReads(convGeometry(node, attrs), multiplier);
}
