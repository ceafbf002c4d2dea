import { CompileError, type Graph, type Node, sameType, type Value } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';

/**
 * Infers the types of stale nodes again, in order, and of everything that reads a changed value. Throws at
 * the node that is inconsistent.
 */
export function settleTypes(graph: Graph, stale: Set<Node>): void {
  if (stale.size === 0) return;
  for (const node of graph.nodes()) {
    if (!stale.delete(node)) continue;
    inferAgain(graph, node, stale);
    if (stale.size === 0) return;
  }
}

function inferAgain(graph: Graph, node: Node, stale: Set<Node>): void {
  const types = inferTypes(node);
  node.outputs.forEach((output, i) => {
    const type = types[i] ?? output.type;
    if (sameType(type, output.type)) return;
    graph.setType(output, type);
    for (const user of output.users) stale.add(user);
  });
}

function inferTypes(node: Node): ReturnType<ReturnType<typeof lookup>['inferTypes']> {
  try {
    return lookup(node.op).inferTypes(
      node.inputs.map((value) => value?.type ?? null),
      node.attrs,
    );
  } catch (error) {
    const location = { node: node.origin[0] ?? node.output.name, op: node.op };
    throw error instanceof CompileError ? error.at(location) : error;
  }
}

/** Moves nodes that read a later value after it; all others keep their order. Throws `edit/cycle`. */
export function settleOrder(graph: Graph): void {
  const done = new Set<Node>();
  if (inOrder(graph, done)) return;
  const order: Node[] = [];
  done.clear();
  for (const node of graph.nodes()) placeAfterInputs(node, { done, order });
  for (const node of order) graph.move(node, null);
}

function inOrder(graph: Graph, done: Set<Node>): boolean {
  for (const node of graph.nodes()) {
    for (const input of node.inputs) if (input?.producer && !done.has(input.producer)) return false;
    done.add(node);
  }
  return true;
}

/** The nodes that the node reads, then the node, using an explicit stack: chains may be long. */
function placeAfterInputs(last: Node, { done, order }: { done: Set<Node>; order: Node[] }): void {
  const open = new Set<Node>();
  const stack = [last];
  for (let node = stack.at(-1); node; node = stack.at(-1)) {
    const missing: Value | null | undefined = done.has(node)
      ? undefined
      : node.inputs.find((value) => value?.producer && !done.has(value.producer));
    if (missing?.producer) {
      open.add(node);
      if (open.has(missing.producer)) throw cycle(missing);
      stack.push(missing.producer);
      continue;
    }
    stack.pop();
    open.delete(node);
    if (!done.has(node)) order.push(node);
    done.add(node);
  }
}

function cycle(value: Value): CompileError {
  return new CompileError('edit/cycle', `%${value.name} would be computed from itself`, {
    node: value.producer?.origin[0] ?? value.name,
    op: value.producer?.op ?? '',
  });
}
