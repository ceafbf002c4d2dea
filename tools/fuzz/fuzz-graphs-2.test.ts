import { test } from 'vitest';
import { checkGraphs, RANDOM_GRAPHS } from './check-graphs.ts';

test(`half of ${RANDOM_GRAPHS} random graphs give the same in ONNX, C and WGSL`, (context) =>
  checkGraphs(2, context));
