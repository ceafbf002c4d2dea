import type { Graph, Tensor, Value } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';

/** Evaluates node by node: outputs in order. The interpreter package is above this one. */
export function evaluateGraph(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const tensors = new Map<Value, Tensor>();
  graph.inputs.forEach((value, i) => tensors.set(value, inputs[i] as Tensor));
  for (const value of graph.constants) if (value.constant) tensors.set(value, value.constant);
  for (const node of graph.nodes()) {
    const operands = node.inputs.map((value) => value && (tensors.get(value) as Tensor));
    const types = node.outputs.map(({ type }) => type);
    lookup(node.op)
      .evaluateTensors(operands, node.attrs, types)
      .forEach((tensor, i) => tensors.set(node.outputs[i] as Value, tensor));
  }
  return graph.outputs.map(({ value }) => tensors.get(value) as Tensor);
}
