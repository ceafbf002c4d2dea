import { CompileError, isStatic, type Value } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';
import { windowAttributes } from './window-attributes.ts';

/** Window and groups of a convolution over x with this weight; `kernel_shape` must be the weight's. */
export function convAttributes(node: NodeReader, x: Value, weight: Value) {
  const kernel = weight.type.shape.slice(2);
  if (!kernel.every(isStatic))
    throw new CompileError('onnx/dynamic-shape', 'Conv expects a weight of fixed shape');
  const declared = node.ints('kernel_shape');
  if (declared && declared.join() !== kernel.join())
    throw new CompileError(
      'onnx/attribute',
      `kernel_shape [${declared.join(',')}] differs from the weight's [${kernel.join(',')}]`,
    );
  const window = windowAttributes(node, x.type.shape.slice(2), kernel as number[]);
  return { window, group: node.int('group', 1), rank: kernel.length };
}
