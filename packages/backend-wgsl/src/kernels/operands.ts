import { CompileError, dataOf, type Node, type Tensor, type Value } from '@ghostc/ir';

/** An input that the op definition requires. */
export function sourceOf(node: Node, index: number): Value {
  const value = node.inputs[index];
  if (value) return value;
  throw new CompileError('wgsl/input', `${node.op} expects an input ${index}`, at(node));
}

/** The data of a constant float32 input; null if it is absent. */
export function constantOf(node: Node, index: number): Float32Array | null {
  return node.inputs[index] ? weightOf(node, index) : null;
}

/** The data of a constant float32 input that must be there. */
export function weightOf(node: Node, index: number): Float32Array {
  return dataOf(constantAt(node, index), 'f32');
}

/** The same of int8, or of uint8 as the same bits. */
export function bytesAt(node: Node, index: number): Int8Array {
  const { buffer, byteOffset, byteLength } = constantAt(node, index).data;
  return new Int8Array(buffer, byteOffset, byteLength);
}

/** A constant input that must be there. Throws `wgsl/weight` when it is computed. */
export function constantAt(node: Node, index: number): Tensor {
  const value = sourceOf(node, index);
  if (value.constant) return value.constant;
  throw new CompileError(
    'wgsl/weight',
    `${node.op} expects constant weights, %${value.name} is computed`,
    at(node),
  );
}

export function at(node: Node): { node?: string; op: string } {
  return { op: node.op, ...(node.origin[0] === undefined ? {} : { node: node.origin[0] }) };
}
