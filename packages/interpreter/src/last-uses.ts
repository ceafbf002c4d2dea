import type { Graph, Node, Value } from '@ghostc/ir';

/** The values that no later node, and no output, reads. */
export function lastUses(graph: Graph): Map<Node, Value[]> {
  const last = new Map<Value, Node>();
  for (const node of graph.nodes())
    for (const value of node.inputs) if (value && !graph.isOutput(value)) last.set(value, node);
  const byNode = new Map<Node, Value[]>();
  for (const [value, node] of last) {
    const values = byNode.get(node);
    if (values) values.push(value);
    else byNode.set(node, [value]);
  }
  return byNode;
}
