import { type Node, numElements, type Value } from '@ghostc/ir';
import { nodeMacs } from '@ghostc/ops';

/** Positions of the window of weights or of a pool; 1 without a window. */
export function windowSize(node: Node): number {
  const { kernel_shape } = node.attrs;
  if (Array.isArray(kernel_shape)) return numElements(kernel_shape as number[]);
  return nodeMacs(node) ? numElements(node.inputs[1]?.type.shape.slice(2) ?? []) : 1;
}

/** Ops whose outputs are elements of their inputs. */
const moves: ReadonlySet<string> = new Set(['concat', 'max_pool', 'reshape', 'slice', 'transpose']);

/** Is a value of floats, but for where it lies, the output of a ReLU? */
export function isRectified(value: Value | null | undefined): boolean {
  const node = value?.producer;
  if (!node || value.type.dtype !== 'f32') return false;
  if (moves.has(node.op)) return node.inputs.every((input) => isRectified(input));
  return node.op === 'relu' || node.attrs.activation === 'relu';
}
