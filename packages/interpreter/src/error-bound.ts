import { type DType, entryOf, type Graph, type Tensor, type Value } from '@ghostc/ir';
import { sizedFor } from '@ghostc/ops';
import { boundInto } from './bound-node.ts';
import { type Bounded, exactly, storedAs } from './bounded.ts';
import { lastUses } from './last-uses.ts';

export interface BoundedOutput {
  /** The output in double precision: nothing was rounded on the way but casts. */
  readonly value: Tensor;
  /** The largest error that rounding can cause, by element; Infinity if none can be derived. */
  readonly bound: Float64Array;
}

export interface BoundOptions {
  /** Constants that the computation has in a shorter type, as weights stored in f16. */
  readonly stored?: ReadonlyMap<Value, DType>;
}

/**
 * Runs a graph in double precision and carries along, for every element of every value, a bound on the error that a
 * computation in the graph's own types may have, in any order of summation: what the inputs' errors become, plus the op's own
 * roundings, gamma_n * m with m the op on absolute values and n its number of roundings (Higham, Accuracy and Stability of
 * Numerical Algorithms, section 3). Data movement, relu, clip and maxima add nothing.
 */
export function boundedRun(
  model: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  { stored }: BoundOptions = {},
): Map<string, BoundedOutput> {
  const graph = sizedFor(model, inputs);
  const known = new Map<Value, Bounded>();
  for (const input of graph.inputs) {
    const tensor = inputs.get(input.name);
    if (tensor) known.set(input, exactly(input.type.quant ? { ...tensor, quant: input.type.quant } : tensor));
  }
  for (const value of graph.constants) {
    const dtype = stored?.get(value);
    if (value.constant) known.set(value, dtype ? storedAs(value.constant, dtype) : exactly(value.constant));
  }
  const last = lastUses(graph);
  for (const node of graph.nodes()) {
    boundInto(known, node);
    for (const value of last.get(node) ?? []) known.delete(value);
  }
  return new Map(
    graph.outputs.map(({ name, value }) => {
      const { tensor, error } = entryOf(known, value);
      return [name, { value: tensor, bound: error ?? new Float64Array(tensor.data.length) }];
    }),
  );
}

/**
 * The bounds only. null for outputs for which none can be derived, such as those after a division by a value that may be 0.
 */
export function errorBounds(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
): Map<string, Float64Array | null> {
  return new Map(
    [...boundedRun(graph, inputs)].map(([name, { bound }]) => [
      name,
      bound.every((e) => Number.isFinite(e)) ? bound : null,
    ]),
  );
}
