import { type Graph, isStatic } from '@ghostc/ir';
import { bindDimensions } from '@ghostc/ops';

/** The graph for one image: symbolic dimensions of its inputs become 1, and `side` after the first axis. */
export function withOneImage(graph: Graph, side = 1): Graph {
  const sizes = new Map<string, number>();
  for (const { type } of graph.inputs)
    type.shape.forEach((dim, axis) => {
      if (!isStatic(dim)) sizes.set(dim, axis === 0 ? 1 : side);
    });
  return sizes.size ? bindDimensions(graph, sizes) : graph;
}
