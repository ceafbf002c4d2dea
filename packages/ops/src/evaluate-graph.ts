import { CompileError, type Graph, itemAt, type Tensor, type Value } from '@ghostc/ir';
import { lookup } from './build-node.ts';
import { evaluateOp } from './define-op.ts';

/**
 * Evaluates the nodes whose outputs are not in `known`, in order, as the interpreter does, so that a change
 * in one layer only costs the layers after it. Throws `ir/dominance` for a value that nothing computes.
 */
export function evaluateFrom(graph: Graph, known: ReadonlyMap<Value, Tensor>): Map<Value, Tensor> {
  const tensors = new Map(known);
  for (const value of graph.constants) if (value.constant) tensors.set(value, value.constant);
  for (const node of graph.nodes()) {
    if (tensors.has(node.output)) continue;
    const inputs = node.inputs.map((value) => value && found(tensors, value));
    evaluateOp(lookup(node.op), inputs, node.attrs).forEach((result, i) => {
      const output = node.outputs[i];
      if (output) tensors.set(output, result);
    });
  }
  return tensors;
}

/** The outputs of a graph, from its inputs, both in order. */
export function evaluateGraph(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const known = new Map(graph.inputs.map((value, i) => [value, itemAt(inputs, i)]));
  const tensors = evaluateFrom(graph, known);
  return graph.outputs.map(({ value }) => found(tensors, value));
}

function found(tensors: ReadonlyMap<Value, Tensor>, value: Value): Tensor {
  const tensor = tensors.get(value);
  if (tensor) return tensor;
  throw new CompileError('ir/dominance', `%${value.name} is used before it is computed`);
}
