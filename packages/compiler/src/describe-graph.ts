import { planC } from '@ghostc/backend-c';
import { attempt, type Graph, isStatic, type Node } from '@ghostc/ir';
import { graphMacs } from '@ghostc/ops';
import { countGhostModules, countGhostStages } from './count-ghosts.ts';
import { lowerForKernels } from './pipeline.ts';

/** What `ghostc inspect` reports about a graph. */
export interface GraphDescription {
  readonly nodes: number;
  /** Elements of the constants that training sets, without batch-norm statistics and single scalars. */
  readonly params: number;
  /** Multiply-accumulates per inference; null while dimensions are symbolic. */
  readonly macs: number | null;
  /** Nodes by op. */
  readonly ops: Readonly<Record<string, number>>;
  /** Modules that are one op, and integer ones, whose parts are separate layers. */
  readonly ghostModules: number;
  /** Stages of G-GhostNet, whose cheap part replaces the features of several blocks. */
  readonly ghostStages: number;
  /**
   * Arena of the C build in bytes, without inputs and outputs; null while dimensions are symbolic, or if an
   * op has no kernel.
   */
  readonly peakArenaBytes: number | null;
  /** Bytes above the proven lower bound; 0: no plan is smaller. */
  readonly arenaGapBytes: number | null;
}

/**
 * What `ghostc inspect` reports about a graph: counts, multiply-accumulates, bytes. No arena while a size is
 * symbolic.
 */
export function describeGraph(graph: Graph): GraphDescription {
  const ops = countOps(graph);
  const fixed = graph.inputs.every((input) => input.type.shape.every(isStatic));
  // a graph that is not optimised yet may have an op without a kernel
  const plan = fixed ? attempt(() => planC(lowerForKernels(graph)).plan) : null;
  return {
    nodes: graph.nodeCount,
    params: countParameters(graph),
    macs: fixed ? graphMacs(graph) : null,
    ops,
    ghostModules: countGhostModules(graph),
    ghostStages: countGhostStages(graph),
    peakArenaBytes: plan?.arenaBytes ?? null,
    arenaGapBytes: plan?.gap ?? null,
  };
}

function countOps(graph: Graph): Record<string, number> {
  const counts = new Map<string, number>();
  for (const node of graph.nodes()) counts.set(node.op, (counts.get(node.op) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)));
}

/** Batch norm's running mean and variance (inputs 3 and 4) are statistics, not parameters. */
function countParameters(graph: Graph): number {
  let total = 0;
  for (const value of graph.constants) {
    const trained = [...value.users].some((node) => isParameter(node, node.inputs.indexOf(value)));
    if (trained && value.type.shape.length > 0) total += value.constant?.data.length ?? 0;
  }
  return total;
}

function isParameter(node: Node, slot: number): boolean {
  return !(node.op === 'batch_norm' && slot >= 3);
}
