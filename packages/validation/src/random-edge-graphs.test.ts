import { test } from 'vitest';
import { checkRandomGraphs, RANDOM_GRAPHS } from './check-random-graphs.ts';
import { randomEdgeGraph } from './random-edge-graph.ts';

test(
  `${RANDOM_GRAPHS / 10} random graphs at the edges of the rules: no pass fails, no rule cannot build what it wants`,
  { timeout: 900_000 },
  () => checkRandomGraphs(randomEdgeGraph(), { shard: 3, shards: 10 }),
);
