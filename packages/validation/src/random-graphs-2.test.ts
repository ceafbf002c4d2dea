import { test } from 'vitest';
import { checkRandomGraphs, RANDOM_GRAPHS } from './check-random-graphs.ts';

test(`half of ${RANDOM_GRAPHS} random graphs go through every pass without a difference`, () =>
  checkRandomGraphs(2, 2));
