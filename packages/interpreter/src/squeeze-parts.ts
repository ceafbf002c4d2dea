import { type Attrs, Graph, type Node, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';

/** Squeeze-and-excite, or its gate alone, as a graph of its parts: mean, two convolutions, and the product. `attrs` have the defaults. */
export function squeezeParts({ op, inputs }: Node, attrs: Attrs): Graph {
  const graph = new Graph(op);
  const [x, reduce, reduceBias, expand, expandBias] = inputs.map((value, i) =>
    graph.addInput(`input${i}`, (value as Value).type),
  ) as [Value, Value, Value, Value, Value];
  const add = (part: string, operands: readonly Value[], settings = {}): Value =>
    buildNode(graph, { op: part, inputs: operands, attrs: settings }).output;
  const mean = add('global_average_pool', [x]);
  const reduced = add('conv2d', [mean, reduce, reduceBias], { activation: 'relu' });
  const gate = add('conv2d', [reduced, expand, expandBias], {
    activation: attrs.gate,
    activation_params: attrs.gate_params,
  });
  graph.addOutput('y', op === 'squeeze_excite' ? add('mul', [x, gate]) : gate);
  return graph;
}
