import { copyGraph } from '@ghostc/edit';
import { attempt, type Dim, type Graph, isStatic } from '@ghostc/ir';

/**
 * The graph with symbols in place of some axes of its inputs (`axes`: 0 batch, 2 height, 3 width), named with
 * `suffix`; null if a node needs the sizes.
 */
export function withSymbols(graph: Graph, axes: readonly number[], suffix = ''): Graph | null {
  const symbol = (dim: Dim, axis: number): Dim =>
    axes.includes(axis) && isStatic(dim) ? `${'nchw'[axis] ?? 'd'}${suffix}` : dim;
  return attempt(() =>
    copyGraph(graph, { inputType: ({ type }) => ({ ...type, shape: type.shape.map(symbol) }) }),
  );
}
