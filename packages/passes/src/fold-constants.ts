import {
  attempt,
  CompileError,
  fromNumbers,
  type Graph,
  isStatic,
  type Node,
  numElements,
  type Tensor,
  type Value,
} from '@ghostc/ir';
import { ConstantWork, lookup, nodeWork } from '@ghostc/ops';
import type { Pass } from './pass.ts';

/**
 * Folding may not create constants larger than this many elements, unless they are no larger than what they
 * came from.
 */
const MAX_GROWTH = 4096;

/** The work budget of one graph, for all passes together. */
const works = new WeakMap<Graph, ConstantWork>();

/**
 * Evaluates nodes whose inputs are all constant, except those that take more than the remaining work. A value
 * without elements is a constant however it is computed.
 */
export const foldConstants: Pass = {
  name: 'fold-constants',
  run(graph) {
    const work = works.get(graph) ?? new ConstantWork(graph);
    works.set(graph, work);
    for (const node of graph.nodes()) {
      if (node.outputs.every(isEmpty)) replaceOutputs(graph, node, node.outputs.map(emptyTensor));
      else if (foldable(node) && work.take(nodeWork(node))) fold(graph, node);
    }
  },
};

function foldable(node: Node): boolean {
  if (node.inputs.length === 0 || !node.inputs.every((value) => value === null || tensorOf(value)))
    return false;
  if (!node.outputs.every((value) => value.type.shape.every(isStatic))) return false;
  const size = node.outputs.reduce((sum, value) => sum + numElements(value.type.shape), 0);
  const before = [...new Set(node.inputs)].reduce(
    (sum, value) => sum + (value?.constant?.data.length ?? 0),
    0,
  );
  return size <= Math.max(before, MAX_GROWTH);
}

/** A node that cannot be evaluated stays: it is an error only when it runs. */
function fold(graph: Graph, node: Node): void {
  const results = attempt(() =>
    lookup(node.op).evaluateTensors(
      node.inputs.map((value) => value && tensorOf(value)),
      node.attrs,
      node.outputs.map((value) => value.type),
    ),
  );
  if (results) replaceOutputs(graph, node, results);
}

/** A constant, or a value without elements, such as an input of the graph. */
function tensorOf(value: Value): Tensor | null {
  return value.constant ?? (isEmpty(value) ? emptyTensor(value) : null);
}

function isEmpty({ type: { shape } }: Value): boolean {
  return shape.every(isStatic) && shape.includes(0);
}

function emptyTensor({ type: { dtype, shape, quant } }: Value): Tensor {
  return { ...fromNumbers(dtype, shape.map(Number), []), quant };
}

function replaceOutputs(graph: Graph, node: Node, results: readonly (Tensor | undefined)[]): void {
  node.outputs.forEach((output, i) => {
    const result = results[i];
    if (!result)
      throw new CompileError('fold/output', `${node.op} gave no output ${i}`, {
        node: node.origin[0],
        op: node.op,
      });
    graph.replaceAllUses(output, graph.addConstant(output.name, result));
  });
  graph.remove(node);
  for (const input of new Set(node.inputs)) {
    if (input?.users.size === 0 && graph.constants.has(input) && !graph.isOutput(input))
      graph.removeConstant(input);
  }
}
