import { CompileError, type Graph, type Tensor, tensorType, type Value } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';

/**
 * Evaluates what is missing: nodes whose outputs are not in `known`, in order. The same as the interpreter for those, so
 * that a change in one layer costs only the layers behind it.
 */
export function evaluateFrom(graph: Graph, known: ReadonlyMap<Value, Tensor>): Map<Value, Tensor> {
  const tensors = new Map(known);
  for (const value of graph.constants) if (value.constant) tensors.set(value, value.constant);
  for (const node of graph.nodes()) {
    if (tensors.has(node.output)) continue;
    const inputs = node.inputs.map((value) => value && found(tensors, value));
    const definition = lookup(node.op);
    const types = definition.inferTypes(
      inputs.map((input) => input && tensorType(input)),
      node.attrs,
    );
    definition.evaluateTensors(inputs, node.attrs, types).forEach((result, i) => {
      const output = node.outputs[i];
      if (output) tensors.set(output, result);
    });
  }
  return tensors;
}

function found(tensors: ReadonlyMap<Value, Tensor>, value: Value): Tensor {
  const tensor = tensors.get(value);
  if (tensor) return tensor;
  throw new CompileError('quant/evaluate', `%${value.name} is used before it is computed`);
}
