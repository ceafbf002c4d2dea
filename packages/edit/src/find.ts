import { CompileError, type Graph, type Node, type Value } from '@ghostc/ir';

/** What to look for; a node must match every given part. */
export interface NodeQuery {
  readonly op?: string;
  /** A name in the source model, or a pattern for one. */
  readonly origin?: string | RegExp;
  readonly where?: (node: Node) => boolean;
}

/** Nodes that match every part of the query, in execution order. */
export function findNodes(graph: Graph, { op, origin, where }: NodeQuery = {}): Node[] {
  const named = (node: Node): boolean =>
    origin === undefined ||
    node.origin.some((name) => (typeof origin === 'string' ? name === origin : name.search(origin) >= 0));
  return [...graph.nodes()].filter(
    (node) => (op === undefined || node.op === op) && named(node) && (where?.(node) ?? true),
  );
}

/** The only node that matches; throws `edit/not-found` for none, `edit/ambiguous` for several. */
export function findNode(graph: Graph, query: NodeQuery): Node {
  const [node, second] = findNodes(graph, query);
  const asked = query.op ?? String(query.origin ?? 'the query');
  if (!node) throw new CompileError('edit/not-found', `no node fits ${asked}`);
  if (second)
    throw new CompileError(
      'edit/ambiguous',
      `more than one node fits ${asked}: %${node.output.name}, %${second.output.name}, ...`,
    );
  return node;
}

/** A value by its name: an input, a constant, a result, or what an output of the graph returns. Throws `edit/not-found`. */
export function findValue(graph: Graph, name: string): Value {
  for (const value of allValues(graph)) if (value.name === name) return value;
  const output = graph.outputs.find((one) => one.name === name);
  if (output) return output.value;
  throw new CompileError('edit/not-found', `there is no value %${name}`);
}

/** Inputs, constants and results. */
export function* allValues(graph: Graph): IterableIterator<Value> {
  yield* graph.inputs;
  yield* graph.constants;
  for (const node of graph.nodes()) yield* node.outputs;
}
