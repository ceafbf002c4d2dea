import { type Attrs, fromNumbers, Graph, type Node, type Value } from '@ghostc/ir';
import { buildNode, lookup } from '@ghostc/ops';

/**
 * A composite op as a graph of its parts, whose inputs are the op's present inputs; undefined for other ops.
 * `attrs` include the defaults.
 */
export function partsGraph({ op, inputs }: Node, attrs: Attrs): Graph | undefined {
  const { makeParts } = lookup(op);
  if (!makeParts) return undefined;
  const graph = new Graph(op);
  const given = inputs.map((value, i) => value && graph.addInput(`input${i}`, value.type));
  const y = makeParts<Value>(given, attrs, {
    make: (part, operands, settings = {}) => {
      const values = operands.map((operand) => operand ?? null);
      return buildNode(graph, { op: part, inputs: values, attrs: settings }).output;
    },
    scalar: ({ type }, number) => graph.addConstant(`${number}`, fromNumbers(type.dtype, [], [number])),
    shapeOf: ({ type }) => type.shape,
  });
  graph.addOutput('y', y);
  return graph;
}
