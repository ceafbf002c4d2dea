import type { Suite } from '../suite.ts';
import { conv2dSuite, depthwiseConv2dSuite } from './conv2d.ts';
import { binarySuite, unarySuite } from './elementwise.ts';
import { generatedSuites } from './from-registry/index.ts';
import { ghostSuite } from './ghost.ts';
import { movementSuite } from './movement.ts';
import { linearSuite, poolSuite, reductionSuite } from './reduction.ts';

/** One or two small cases for every kernel; a case added here runs on all backends. */
export const suites: readonly Suite[] = [
  conv2dSuite,
  depthwiseConv2dSuite,
  unarySuite,
  binarySuite,
  movementSuite,
  poolSuite,
  reductionSuite,
  linearSuite,
  ghostSuite,
];

/** What `conform` runs: those, and the cases generated from the registry, which every broken engine fails. */
export const allSuites: readonly Suite[] = [...suites, ...generatedSuites];
