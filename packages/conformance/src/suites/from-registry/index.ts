import type { Suite } from '../../suite.ts';
import { binaryCases, comparisonCases, unaryCases } from './elementwise-cases.ts';
import { movementCases, selectionCases } from './movement-cases.ts';
import { neighbourCases, quantizeCases } from './neighbour-cases.ts';
import { productCases, reductionCases } from './sum-cases.ts';
import { convCases, depthwiseCases, poolCases } from './window-cases.ts';

/**
 * The version of the generated cases. Adding a case does not change it; changing or removing one does, so
 * that within a version a name always means the same test.
 */
export const suiteVersion = 1;

/** Cases generated from the facts in the registry, for faults that small square cases do not reveal. */
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
