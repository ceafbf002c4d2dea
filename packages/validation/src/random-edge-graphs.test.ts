import { test } from 'vitest';
import { checkRandomGraphs, RANDOM_GRAPHS } from './check-random-graphs.ts';
import { randomEdgeGraph } from './random-edge-graph.ts';

test(`${RANDOM_GRAPHS / 5} random graphs at the edges of the rules: no pass fails, and no rule on its replacement`, () =>
  checkRandomGraphs(randomEdgeGraph(), { shard: 3, shards: 5 }));
