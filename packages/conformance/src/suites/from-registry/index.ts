import type { Suite } from '../../suite.ts';
import { binaryCases, comparisonCases, unaryCases } from './elementwise-cases.ts';
import { movementCases, selectionCases } from './movement-cases.ts';
import { neighbourCases, quantizeCases } from './neighbour-cases.ts';
import { productCases, reductionCases } from './sum-cases.ts';
import { convCases, depthwiseCases, poolCases } from './window-cases.ts';

/**
 * The version of the generated cases. A case that is added leaves it; one whose model or inputs change, or that goes, raises
 * it: names stand for the same test as long as it is the same.
 */
export const suiteVersion = 1;

/** Cases made from what the registry says of the ops, against faults that small square cases do not show. */
export const generatedSuites: readonly Suite[] = [
  unaryCases,
  binaryCases,
  comparisonCases,
  convCases,
  depthwiseCases,
  poolCases,
  productCases,
  reductionCases,
  movementCases,
  selectionCases,
  neighbourCases,
  quantizeCases,
];
