import type { Graph, Node } from '@ghostc/ir';
import { graphMacs, nodeMacs } from '@ghostc/ops';
import type { Precision, QuantPlan } from './quant-plan.ts';
import { carriesScale } from './scale-groups.ts';
import { type FloatRuns, type LayerSensitivity, planSqnr } from './sensitivity.ts';

/** How many layers may be kept out of int8, and when to stop. */
export interface PrecisionBudget {
  /** The precision of a layer that int8 hurts. */
  readonly keep: 'float' | 'int16';
  /** Maximum number of layers to keep. */
  readonly layers: number;
  /**
   * Signal-to-noise ratio of the outputs, in dB, at which the search stops; without it the whole budget is
   * spent.
   */
  readonly minSqnr?: number | undefined;
}

export interface PrecisionSearch {
  readonly plan: QuantPlan;
  readonly kept: readonly LayerSensitivity[];
  readonly sqnr: number;
}

/**
 * Takes the most sensitive layers out of int8, one by one, until the outputs are good enough or the budget is
 * spent. A layer in int16 needs 16-bit inputs: the layers that compute them are kept too, and count.
 */
export function searchPrecision(
  graph: Graph,
  budget: PrecisionBudget,
  { plan, runs, ranking }: { plan: QuantPlan; runs: FloatRuns; ranking: readonly LayerSensitivity[] },
): PrecisionSearch {
  const byNode = new Map(ranking.map((layer) => [layer.node, layer]));
  const kept = new Set<Node>();
  const planOf = (): QuantPlan => withKept(plan, new Set(kept), budget.keep);
  const goal = budget.minSqnr ?? Number.POSITIVE_INFINITY;
  let sqnr = planSqnr(graph, plan, runs);
  for (const { node } of ranking) {
    if (sqnr >= goal || kept.size >= budget.layers) break;
    const wanted = [node, ...(budget.keep === 'int16' ? makersOf(node) : [])].filter(
      (one) => byNode.has(one) && !kept.has(one),
    );
    if (wanted.length === 0 || kept.size + wanted.length > budget.layers) continue;
    for (const one of wanted) kept.add(one);
    sqnr = planSqnr(graph, planOf(), runs);
  }
  return { plan: planOf(), kept: [...kept].flatMap((node) => byNode.get(node) ?? []), sqnr };
}

/** The last layers in int16, up to the fraction `part` of the multiply-accumulates. */
export function withWideTail(graph: Graph, plan: QuantPlan, part: number): QuantPlan {
  const most = part * graphMacs(graph);
  const kept = new Set<Node>();
  let macs = 0;
  for (const node of [...graph.nodes()].reverse()) {
    macs += nodeMacs(node);
    if (macs > most) break;
    kept.add(node);
  }
  return part > 0 ? withKept(plan, kept, 'int16') : plan;
}

function withKept(plan: QuantPlan, kept: ReadonlySet<Node>, keep: Precision): QuantPlan {
  return { ...plan, precisionOf: (node) => (kept.has(node) ? keep : plan.precisionOf(node)) };
}

/** The layers that compute a node's inputs, through ops that only move elements. */
function makersOf(node: Node): Node[] {
  return node.inputs.flatMap((input) => {
    const maker = input?.producer;
    if (!maker) return [];
    return carriesScale(maker) ? makersOf(maker) : [maker];
  });
}
