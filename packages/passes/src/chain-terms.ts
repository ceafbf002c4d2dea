import { type Graph, type Node, sameShape, type Value } from '@ghostc/ir';

/** The terms of a chain of one associative op, nested in any way. */
export interface ChainTerms {
  /** The nodes of the chain, the root first. */
  readonly nodes: readonly Node[];
  readonly terms: readonly Value[];
}

/** Longer chains are cut: the rest counts as a term. */
const MAX_NODES = 64;

/**
 * The terms of the chain that ends at `root`. An input computed by the same op is expanded further if it is
 * used only in the chain, has no activation, is not a graph output, and has the shape of the whole.
 */
export function chainTerms(graph: Graph, root: Node): ChainTerms {
  const nodes = [root];
  const terms: Value[] = [];
  const pending = [...root.inputs].reverse();
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const node = value?.producer;
    if (node && nodes.length < MAX_NODES && continues(graph, node, root)) {
      nodes.push(node);
      pending.push(...[...node.inputs].reverse());
    } else if (value) terms.push(value);
  }
  return { nodes, terms };
}

/** The node of the same chain that uses this one; null for the root of a chain. */
export function enclosingLink(graph: Graph, node: Node): Node | null {
  const [user] = node.output.users;
  return user && continues(graph, node, user) ? user : null;
}

function continues(graph: Graph, node: Node, root: Node): boolean {
  return (
    node.op === root.op &&
    node.output.users.size === 1 &&
    node.inputs[0] !== node.inputs[1] &&
    (node.attrs.activation ?? 'none') === 'none' &&
    !graph.isOutput(node.output) &&
    sameShape(node.output.type.shape, root.output.type.shape)
  );
}
