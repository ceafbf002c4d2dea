import { CompileError, type Node, type Value } from '@ghostc/ir';

/** An input that the op definition requires. */
export function sourceOf(node: Node, index: number): Value {
  const value = node.inputs[index];
  if (value) return value;
  throw new CompileError('wgsl/input', `${node.op} expects an input ${index}`, at(node));
}

/** The data of a constant input; null if it is absent. Throws `wgsl/weight` when it is computed. */
export function constantOf(node: Node, index: number): Float32Array | null {
  const value = node.inputs[index];
  if (!value) return null;
  if (value.constant) return value.constant.data as Float32Array;
  throw new CompileError(
    'wgsl/weight',
    `${node.op} expects constant weights, %${value.name} is computed`,
    at(node),
  );
}

/** The data of a constant input that must be there. */
export function weightOf(node: Node, index: number): Float32Array {
  sourceOf(node, index);
  return constantOf(node, index) as Float32Array;
}

export function at(node: Node): { node?: string; op: string } {
  return { op: node.op, ...(node.origin[0] === undefined ? {} : { node: node.origin[0] }) };
}
