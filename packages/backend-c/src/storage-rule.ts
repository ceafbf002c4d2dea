import type { Node, StorageRule } from '@ghostc/ir';
import { attrsOf, depthwiseConv2d, storageRuleOf } from '@ghostc/ops';
import { convGeometry } from './kernels/conv-geometry.ts';
import { isQuantizedOp, type KernelSet, quantizedKernel } from './kernels/quantized/index.ts';

/**
 * What a node asks of memory, with what the C kernels allow beyond the op itself: a depthwise convolution may write over
 * its input, since its kernel copies every input row into a ring before it writes the output row that lies there.
 */
export function cStorageRule(node: Node, kernelSet: KernelSet = 'portable'): StorageRule {
  const rule = storageRuleOf(node);
  if (!overInput(node, kernelSet)) return rule;
  return { kind: 'in-place', inputs: rule.kind === 'in-place' ? [...rule.inputs, 0] : [0] };
}

function overInput(node: Node, kernelSet: KernelSet): boolean {
  if (isQuantizedOp(node.op)) return quantizedKernel(node, kernelSet).inPlace?.(node) ?? false;
  return node.op === depthwiseConv2d.name && writesTrailReads(node);
}

/**
 * Output row i of a plane, written when input rows up to i * stride + reach - pad are in the ring, must end before the rows
 * that are not: (i + 1) * outWidth <= (i * stride + reach + 1 - pad) * width. Planes keep their numbers, and none grows.
 */
function writesTrailReads(node: Node): boolean {
  const { multiplier, ...attrs } = attrsOf(depthwiseConv2d, node);
  const { batch, width, height, outWidth, outHeight, padTop, kernelHeight, dilationY } = convGeometry(
    node,
    attrs,
  );
  const held = (kernelHeight - 1) * dilationY + 1;
  return batch === 1 && multiplier === 1 && outWidth <= width && outHeight <= height && padTop < held;
}
