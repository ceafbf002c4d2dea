import { type Graph, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import {
  applyRules,
  loweringPasses,
  type NearMiss,
  optimizationPasses,
  type Pass,
  passes,
} from '@ghostc/passes';
import fc from 'fast-check';
import { checkPasses } from './check-passes.ts';

/** Random graphs in all, over the shards: a sample. GHOSTC_RANDOM_GRAPHS sets another number; 10,000 take four minutes. */
export const RANDOM_GRAPHS = Number(process.env.GHOSTC_RANDOM_GRAPHS ?? 1200);

/**
 * Runs every pass on random graphs: the optimiser, lowering, and passes in neither. Throws with the smallest
 * failing graph, also if a rule cannot build its replacement. One of several shards, so that test files share
 * the work.
 */
export function checkRandomGraphs(
  graphs: fc.Arbitrary<Graph>,
  { shard, shards }: { readonly shard: number; readonly shards: number },
): void {
  const ordered = [...optimizationPasses, ...loweringPasses];
  const all = [...ordered, ...[...passes.values()].filter((pass) => !ordered.includes(pass))].map(strict);
  fc.assert(
    fc.property(graphs, (graph) => {
      verify(graph, registry);
      checkPasses(graph, all);
    }),
    { numRuns: Math.ceil(RANDOM_GRAPHS / shards), seed: 20_261_124 + shard },
  );
}

/** The pass, failing if a rule declines because its replacement cannot be built. */
function strict(pass: Pass): Pass {
  const { rules } = pass;
  if (!rules) return pass;
  const onDecline = ({ rule, error }: NearMiss): void => {
    if (error) throw error.at({ pass: rule });
  };
  return { ...pass, run: (graph) => void applyRules(graph, rules, { onDecline }) };
}
