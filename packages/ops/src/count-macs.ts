import type { Graph, Node } from '@ghostc/ir';
import { lookup } from './build-node.ts';

/** Multiply-accumulates of one execution of a node; its shapes must be fixed. */
export function nodeMacs(node: Node): number {
  return lookup(node.op).countMacs(
    node.inputs.map((value) => value?.type ?? null),
    node.attrs,
    node.outputs.map((value) => value.type),
  );
}

/** Multiply-accumulates of one inference: convolutions, fully connected layers and matrix products, as papers count them. */
export function graphMacs(graph: Graph): number {
  let total = 0;
  for (const node of graph.nodes()) total += nodeMacs(node);
  return total;
}
