import { CompileError, fromNumbers, type Graph, isStatic, type Tensor, toNumbers } from '@ghostc/ir';
import { indexBound, openDimensions, withSizesOfOne } from '@ghostc/ops';
import { type InputValues, inputTensor } from './input-values.ts';
import type { Tensors } from './runtime.ts';

/**
 * Seeded inputs for every input of the graph, in [-1, 1) by default, indices within their axis; symbolic dimensions become 1. Throws the
 * error of a node for which that is too small.
 */
export function seededInputs(graph: Graph, seed: number, values?: InputValues): Map<string, Tensor> {
  checkOnes(graph);
  return inputsOf(graph, seed, values);
}

function inputsOf(graph: Graph, seed: number, values?: InputValues): Map<string, Tensor> {
  return new Map(
    graph.inputs.map((input, i) => {
      const shape = input.type.shape.map((dim) => (isStatic(dim) ? dim : 1));
      const drawn = inputTensor({ ...input.type, shape }, { seed: seed * 1009 + i, input: i, values });
      return [input.name, within(drawn, indexBound(input))];
    }),
  );
}

/** Integers that are indices, as they are into an axis of `size`. */
function within(tensor: Tensor, size: number): Tensor {
  if (!Number.isFinite(size) || size === 0) return tensor;
  const indices = Array.from(toNumbers(tensor), (v) => ((Number(v) % size) + size) % size);
  return { ...tensor, ...fromNumbers(tensor.dtype, tensor.shape, Float64Array.from(indices)) };
}

function checkOnes(graph: Graph): void {
  try {
    withSizesOfOne(graph);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const names = openDimensions(graph).join(', ');
    throw error.at({}, [
      `without other data, sizes that are not given are 1, here ${names}: --bind NAME=SIZE`,
    ]);
  }
}

/** Seeded inputs of a graph under the name of their seed. */
export interface SeededSample {
  /** `seed 1`, ... */
  readonly name: string;
  readonly inputs: Tensors;
}

/** Seeded inputs of `count` seeds, from `first` on. */
export function seededSamples(graph: Graph, count: number, first = 1): SeededSample[] {
  checkOnes(graph);
  return Array.from({ length: count }, (_, i) => ({
    name: `seed ${first + i}`,
    inputs: inputsOf(graph, first + i),
  }));
}
