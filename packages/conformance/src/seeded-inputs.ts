import { type Graph, isStatic, randomTensor, type Tensor } from '@ghostc/ir';

/** Seeded inputs in [-1, 1) for every input of the graph; symbolic dimensions become 1. */
export function seededInputs(graph: Graph, seed: number): Map<string, Tensor> {
  return new Map(
    graph.inputs.map((input, i) => {
      const shape = input.type.shape.map((dim) => (isStatic(dim) ? dim : 1));
      return [input.name, randomTensor({ ...input.type, shape }, seed * 1009 + i)];
    }),
  );
}
