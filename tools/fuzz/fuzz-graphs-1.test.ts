import { test } from 'vitest';
import { checkGraphs, RANDOM_GRAPHS } from './check-graphs.ts';

test(
  `half of ${RANDOM_GRAPHS} random graphs give the same in ONNX, C and WGSL`,
  { timeout: 900_000 },
  (context) => checkGraphs(1, context),
);
