import type { Graph } from './graph.ts';
import type { Node, Value } from './node.ts';

/** What `visitGraph` calls. */
export interface GraphVisitor {
  readonly node?: (node: Node) => void;
  /** `node`: the node whose input or output it is; null for a graph input. */
  readonly value: (value: Value, node: Node | null) => void;
}

/**
 * What a program for the graph must hold and run, in order: its inputs, each node followed by its values, its
 * outputs. An input that nothing reads (such as the type donor of a CastLike) may have any type, and is
 * omitted.
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
