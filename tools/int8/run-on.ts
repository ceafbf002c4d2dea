import { runEach, type Tensors } from '@ghostc/conformance';
import type { Graph, Tensor } from '@ghostc/ir';
import { createRuntime } from '@ghostc/runtimes';

/** The outputs of a graph for each set of inputs, in the runtime of that name. */
export function runOn(target: string, graph: Graph, inputs: readonly Tensors[]): Promise<readonly Tensors[]> {
  return runEach(createRuntime(target).prepare(graph), inputs);
}

/** Elements of `expected`, and how many of them another output has not; NaN differs from everything. */
export function countDifferent(
  expected: readonly Tensors[],
  actual: readonly Tensors[],
): { elements: number; different: number } {
  let [elements, different] = [0, 0];
  expected.forEach((set, k) => {
    for (const [name, tensor] of set) {
      elements += tensor.data.length;
      different += differences(tensor, actual[k]?.get(name));
    }
  });
  return { elements, different };
}

function differences(expected: Tensor, actual: Tensor | undefined): number {
  if (actual?.dtype !== expected.dtype || actual.data.length !== expected.data.length)
    return expected.data.length;
  let different = 0;
  for (let i = 0; i < expected.data.length; i++) if (expected.data[i] !== actual.data[i]) different++;
  return different;
}
