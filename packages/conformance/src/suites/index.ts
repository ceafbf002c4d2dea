import type { Suite } from '../suite.ts';
import { conv2dSuite, depthwiseConv2dSuite } from './conv2d.ts';
import { binarySuite, unarySuite } from './elementwise.ts';
import { ghostSuite } from './ghost.ts';
import { movementSuite } from './movement.ts';
import { linearSuite, poolSuite, reductionSuite } from './reduction.ts';

/** Every suite; a case added to one of them is picked up by all backends. */
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
