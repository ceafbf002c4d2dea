import { verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { loweringPasses, optimizationPasses, passes } from '@ghostc/passes';
import fc from 'fast-check';
import { checkPasses } from './check-passes.ts';
import { randomGraph } from './random-graph.ts';

/** Random graphs in all, over the shards; GHOSTC_RANDOM_GRAPHS sets another number. */
export const RANDOM_GRAPHS = Number(process.env.GHOSTC_RANDOM_GRAPHS ?? 10_000);

/**
 * Runs every pass on random graphs: the optimiser, lowering, and what is part of neither. Throws with the smallest failing
 * graph. One of several shards, so that test files share the work.
 */
export function checkRandomGraphs(shard: number, shards: number): void {
  const ordered = [...optimizationPasses, ...loweringPasses];
  const all = [...ordered, ...[...passes.values()].filter((pass) => !ordered.includes(pass))];
  fc.assert(
    fc.property(randomGraph(), (graph) => {
      verify(graph, registry);
      checkPasses(graph, all);
    }),
    { numRuns: Math.ceil(RANDOM_GRAPHS / shards), seed: 20_261_124 + shard },
  );
}
