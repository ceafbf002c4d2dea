import { type Attrs, type Graph, type Node, numElements, type TensorType } from '@ghostc/ir';
import { lookup } from './build-node.ts';

/** Multiply-accumulates of one execution of a node; its shapes must be fixed. */
export function nodeMacs(node: Node): number {
  const { inputs, outputs } = typesOf(node);
  return lookup(node.op).countMacs(inputs, node.attrs, outputs);
}

/** Multiply-accumulates of one inference: convolutions, fully connected layers and matrix products, as papers count them. */
export function graphMacs(graph: Graph): number {
  let total = 0;
  for (const node of graph.nodes()) total += nodeMacs(node);
  return total;
}

/** An op with its input and output types, all fixed. */
export interface TypedOp {
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly (TensorType | null)[];
  readonly outputs: readonly TensorType[];
}

/** The cost of an evaluation: elements read and written, plus multiply-accumulates or window reads. */
export function workOf({ op, attrs, inputs, outputs }: TypedOp): number {
  const made = outputs.reduce((sum, { shape }) => sum + numElements(shape), 0);
  const read = inputs.reduce((sum, type) => sum + (type ? numElements(type.shape) : 0), 0);
  const window = Array.isArray(attrs.kernel_shape) ? numElements(attrs.kernel_shape) : 0;
  return read + made + Math.max(lookup(op).countMacs(inputs, attrs, outputs), made * window);
}

/** The same for a node. */
export function nodeWork(node: Node): number {
  return workOf({ op: node.op, attrs: node.attrs, ...typesOf(node) });
}

function typesOf({ inputs, outputs }: Node): Pick<TypedOp, 'inputs' | 'outputs'> {
  return { inputs: inputs.map((value) => value?.type ?? null), outputs: outputs.map(({ type }) => type) };
}
