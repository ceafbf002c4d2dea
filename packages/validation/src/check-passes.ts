import { extractSubgraph } from '@ghostc/edit';
import { CompileError, type Graph, printGraph, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import type { Pass } from '@ghostc/passes';
import { type Counterexample, compareEvaluations, compareGraphs, Evaluation } from './compare-graphs.ts';
import { sameGraph } from './same-graph.ts';

export interface CheckOptions {
  readonly seed?: number;
  readonly onPass?: (pass: Pass, graph: Graph) => void;
}

/** A pass that changed the meaning of a graph. */
export class PassDifference extends CompileError {
  readonly pass: string;
  /** The smallest graph found on which the pass is wrong. */
  readonly graph: Graph;

  constructor(pass: string, graph: Graph, difference: Counterexample) {
    const { output, index, before, after, allowed } = difference;
    const detail = `output ${output}, element ${index}: ${before} before, ${after} after, rounding explains ${allowed.toExponential(2)}`;
    super('validate/difference', detail, { pass }, [`smallest failing graph:\n${printGraph(graph).text}`]);
    this.pass = pass;
    this.graph = graph;
  }
}

/**
 * Runs passes and compares the graph after each with the graph before it, in the interpreter on seeded
 * inputs. Throws PassDifference with the pass and the smallest failing graph.
 */
export function checkPasses(
  graph: Graph,
  passes: readonly Pass[],
  { seed = 1, onPass }: CheckOptions = {},
): void {
  let before = new Evaluation(graph.clone(), seed);
  for (const pass of passes) {
    pass.run(graph);
    verify(graph, registry);
    if (!sameGraph(before.graph, graph)) {
      const after = new Evaluation(graph.clone(), seed, before);
      const difference = compareEvaluations(before, after);
      if (difference) throw smallest(pass, before.graph, difference);
      before = after;
    }
    onPass?.(pass, graph);
  }
}

/** Reduces the graph before the pass as long as the pass is still wrong on it. */
function smallest(pass: Pass, graph: Graph, difference: Counterexample): PassDifference {
  let [best, reason] = [graph, difference];
  for (let shrunk = true; shrunk; ) {
    shrunk = false;
    for (const candidate of smaller(best)) {
      const found = failure(pass, candidate);
      if (!found) continue;
      [best, reason, shrunk] = [candidate, found, true];
      break;
    }
  }
  return new PassDifference(pass.name, best, reason);
}

/** Graphs with a node less: ending earlier, or beginning later. */
function* smaller(graph: Graph): IterableIterator<Graph> {
  const last = graph.outputs[0]?.value.producer;
  for (const node of graph.nodes())
    if (node !== last) yield extractSubgraph(graph, { inputs: [], outputs: [node.output.name] });
  for (const node of graph.nodes()) {
    if (
      node === last ||
      node.inputs.every((value) => value === null || value.constant || graph.inputs.includes(value))
    ) {
      if (node !== last)
        yield extractSubgraph(graph, {
          inputs: [node.output.name],
          outputs: graph.outputs.map(({ name }) => name),
        });
    }
  }
}

function failure(pass: Pass, graph: Graph): Counterexample | null {
  try {
    const after = graph.clone();
    pass.run(after);
    return compareGraphs(graph, after);
  } catch {
    return null;
  }
}
