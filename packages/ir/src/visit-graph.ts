import type { Graph } from './graph.ts';
import type { Node, Value } from './node.ts';

/** What `visitGraph` calls. */
export interface GraphVisitor {
  readonly node?: (node: Node) => void;
  /** `node`: whose input or output it is; null for a graph input. */
  readonly value: (value: Value, node: Node | null) => void;
}

/**
 * What a program for the graph has to hold and to run, in order: its inputs, each node and then the values around it, its
 * outputs. An input that nothing reads, as the type donor of a CastLike, may be anything, and is left out.
 */
export function visitGraph(graph: Graph, visitor: GraphVisitor): void {
  for (const value of graph.inputs)
    if (value.users.size > 0 || graph.isOutput(value)) visitor.value(value, null);
  for (const node of graph.nodes()) {
    visitor.node?.(node);
    for (const value of [...node.inputs, ...node.outputs]) if (value) visitor.value(value, node);
  }
  for (const { value } of graph.outputs) visitor.value(value, value.producer);
}
