import type { Tensors } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { constantValues, entryOf, Graph, type Node, type Tensor, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';

/** A model with inputs for it. */
export interface Sample {
  readonly graph: Graph;
  readonly inputs: Tensors;
  /** The input of the second runtime, if two models are compared: inputs and outputs have the same names. */
  readonly other?: Graph;
}

/** Every value of a graph on these inputs, in the interpreter. */
export function referenceValues({ graph, inputs }: Sample): Map<Value, Tensor> {
  const values = new Map<Value, Tensor>(graph.inputs.map((input) => [input, entryOf(inputs, input.name)]));
  for (const value of graph.constants) if (value.constant) values.set(value, value.constant);
  interpret(graph, inputs, { observe: (value, tensor) => values.set(value, tensor) });
  return values;
}

/**
 * All or some nodes of a graph, side by side in one graph: each reads its own inputs, which hold the
 * reference values, and its results are outputs, so that no error propagates and nothing fuses. Values that
 * no input affects are constants, since kernels expect weights to be. Output `N_K` is result K of node N.
 */
export function isolateNodes(
  source: Graph,
  values: ReadonlyMap<Value, Tensor>,
  nodes: readonly Node[] = [...source.nodes()],
): Sample {
  const graph = new Graph('isolated');
  const fixed = constantValues(source);
  const inputs = new Map<string, Tensor>();
  const constants = new Map<Value, Value>();
  const bring = (value: Value, prefix: string): Value => {
    const tensor = entryOf(values, value);
    if (fixed.has(value)) {
      if (!constants.has(value)) constants.set(value, graph.addConstant(value.name, tensor));
      return entryOf(constants, value);
    }
    inputs.set(prefix, tensor);
    return graph.addInput(prefix, { ...value.type, shape: tensor.shape });
  };
  nodes.forEach((node, n) => {
    const own = new Map<Value, Value>();
    const sources = node.inputs.map((value, i) => {
      if (!value) return null;
      if (!own.has(value)) own.set(value, bring(value, `node${n}_input${i}`));
      return entryOf(own, value);
    });
    const isolated = buildNode(graph, {
      op: node.op,
      inputs: sources,
      attrs: node.attrs,
      origin: node.origin,
    });
    isolated.outputs.forEach((value, k) => graph.addOutput(`${n}_${k}`, value));
  });
  return { graph, inputs };
}
