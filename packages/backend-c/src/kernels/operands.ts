import { CompileError, dataOf, type Node, staticShape, type Value } from '@ghostc/ir';

/** The required input `index` of a node. */
export function input(node: Node, index: number): Value {
  const value = node.inputs[index];
  if (value) return value;
  throw new CompileError('backend-c/input', `${node.op} needs its input ${index}`, {
    node: node.origin[0],
    op: node.op,
  });
}

export function shapeOf(value: Value): number[] {
  return staticShape(value.type.shape);
}

/** The elements of a constant float32 input, null if the input is absent or computed at run time. */
export function constantData(value: Value | null | undefined): Float32Array | null {
  return value?.constant?.dtype === 'f32' ? dataOf(value.constant, 'f32') : null;
}

/** Like `constantData`, for an input that must be a constant; throws `backend-c/weight`. */
export function weightData(node: Node, index: number): Float32Array {
  const data = constantData(node.inputs[index]);
  if (data) return data;
  throw new CompileError(
    'backend-c/weight',
    `input ${index} of ${node.op} expects constant float32 weights, found %${node.inputs[index]?.name} computed at run time`,
    {
      node: node.origin[0],
      op: node.op,
    },
  );
}

/** Bias of a convolution or linear layer; zeros if absent. */
export function biasData(node: Node, channels: number): Float32Array {
  return node.inputs[2] ? weightData(node, 2) : new Float32Array(channels);
}
