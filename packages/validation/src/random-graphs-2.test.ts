import { test } from 'vitest';
import { checkRandomGraphs, RANDOM_GRAPHS } from './check-random-graphs.ts';
import { randomGraph } from './random-graph.ts';

test(`half of ${RANDOM_GRAPHS} random graphs go through every pass without a difference`, () =>
  checkRandomGraphs(randomGraph(), { shard: 2, shards: 2 }));
