import { type Attrs, Graph, type Node, type Value } from '@ghostc/ir';
import { buildNode, type SqueezeAttrs, squeezeGate } from '@ghostc/ops';

/** Squeeze-and-excite, or only its gate, as a graph of its parts: mean, two convolutions, and the product. `attrs` have the defaults. */
export function squeezeParts({ op, inputs }: Node, attrs: Attrs): Graph {
  const graph = new Graph(op);
  const given = inputs.map((value, i) => graph.addInput(`input${i}`, (value as Value).type));
  const add = (part: string, operands: readonly Value[], settings: Attrs): Value =>
    buildNode(graph, { op: part, inputs: operands, attrs: settings }).output;
  const gate = squeezeGate(given, attrs as SqueezeAttrs, add);
  graph.addOutput('y', op === 'squeeze_excite' ? add('mul', [given[0] as Value, gate], {}) : gate);
  return graph;
}
