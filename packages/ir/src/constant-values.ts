import type { Graph } from './graph.ts';
import type { Value } from './node.ts';

/** The values that no input affects: constants, and what is computed only from them. */
export function constantValues(graph: Graph): Set<Value> {
  const known = new Set<Value>(graph.constants);
  for (const { inputs, outputs } of graph.nodes())
    if (inputs.every((value) => !value || known.has(value))) for (const value of outputs) known.add(value);
  return known;
}
