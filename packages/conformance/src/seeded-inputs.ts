import { type Graph, isStatic, randomTensor, type Tensor } from '@ghostc/ir';
import type { Tensors } from './runtime.ts';

/** Seeded inputs in [-1, 1) for every input of the graph; symbolic dimensions become 1. */
export function seededInputs(graph: Graph, seed: number): Map<string, Tensor> {
  return new Map(
    graph.inputs.map((input, i) => {
      const shape = input.type.shape.map((dim) => (isStatic(dim) ? dim : 1));
      return [input.name, randomTensor({ ...input.type, shape }, seed * 1009 + i)];
    }),
  );
}

/** Seeded inputs of a graph under the name of their seed. */
export interface SeededSample {
  /** `seed 1`, ... */
  readonly name: string;
  readonly inputs: Tensors;
}

/** Seeded inputs of `count` seeds, from `first` on. */
export function seededSamples(graph: Graph, count: number, first = 1): SeededSample[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `seed ${first + i}`,
    inputs: seededInputs(graph, first + i),
  }));
}
