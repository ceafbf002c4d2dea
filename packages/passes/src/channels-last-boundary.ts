import type { Graph, Value } from '@ghostc/ir';
import { buildNode, toNchw, toNhwc } from '@ghostc/ops';

/**
 * The graph with NHWC in place of NCHW for inputs and outputs with four axes, through transposes at the
 * boundary.
 */
export function channelsLastBoundary(model: Graph): Graph {
  const graph = model.clone();
  for (const input of graph.inputs) if (input.type.shape.length === 4) moveInput(graph, input);
  for (const output of graph.outputs)
    if (output.value.type.shape.length === 4) output.value = transposed(graph, output.value, toNhwc);
  return graph;
}

function moveInput(graph: Graph, input: Value): void {
  const { type } = input;
  const first = graph.nodes().next().value;
  graph.setType(input, { ...type, shape: toNhwc.map((axis) => type.shape[axis] ?? 1) });
  const image = buildNode(graph, {
    op: 'transpose',
    inputs: [input],
    attrs: { perm: toNchw },
    names: [input.name],
    before: first ?? null,
  });
  for (const user of [...input.users]) if (user !== image) graph.replaceInput(user, input, image.output);
  for (const output of graph.outputs) if (output.value === input) output.value = image.output;
}

function transposed(graph: Graph, value: Value, perm: readonly number[]): Value {
  return buildNode(graph, { op: 'transpose', inputs: [value], attrs: { perm }, names: [value.name] }).output;
}
