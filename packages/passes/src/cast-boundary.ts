import type { DType, Graph, TensorType, Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';

/**
 * The graph with inputs and outputs of the types given by `carrier`, with casts after the inputs and before
 * the outputs: for engines that do not support every element type at the boundary.
 */
export function castBoundary(model: Graph, carrier: (type: TensorType) => DType): Graph {
  const graph = model.clone();
  for (const input of graph.inputs) castInput(graph, input, carrier(input.type));
  for (const output of graph.outputs) {
    const to = carrier(output.value.type);
    if (to === output.value.type.dtype) continue;
    output.value = buildNode(graph, { op: 'cast', inputs: [output.value], attrs: { to } }).output;
  }
  return graph;
}

function castInput(graph: Graph, input: Value, carried: DType): void {
  const { dtype, shape } = input.type;
  if (carried === dtype) return;
  const [users, outputs] = [[...input.users], graph.outputs.filter(({ value }) => value === input)];
  graph.setType(input, { dtype: carried, shape });
  const names = [`${input.name}_${dtype}`];
  const cast = { op: 'cast', inputs: [input], attrs: { to: dtype }, before: graph.first, names };
  const { output: narrow } = buildNode(graph, cast);
  for (const user of users) graph.replaceInput(user, input, narrow);
  for (const output of outputs) output.value = narrow;
}
