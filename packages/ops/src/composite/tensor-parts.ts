import { fromNumbers, type Tensor, type TensorType } from '@ghostc/ir';
import { evaluateOne, type OpDefinition } from '../define-op.ts';
import { add, div, mul, prelu, sub } from '../elementwise/binary.ts';
import { sqrt } from '../elementwise/unary.ts';
import { concat } from '../movement/movement.ts';
import { reduceMean } from '../reduction/reduce.ts';
import { conv2d } from '../window/conv2d.ts';
import { depthwiseConv2d } from '../window/depthwise-conv2d.ts';
import { averagePool, globalAveragePool } from '../window/pool.ts';
import { resize } from '../window/resize.ts';
import type { PartMaker, PartOp } from './part-maker.ts';

const partOps: Readonly<Record<PartOp, OpDefinition>> = {
  add,
  average_pool: averagePool,
  concat,
  conv2d,
  depthwise_conv2d: depthwiseConv2d,
  div,
  global_average_pool: globalAveragePool,
  mul,
  prelu,
  reduce_mean: reduceMean,
  resize,
  sqrt,
  sub,
};

/** Computes the parts. */
export const tensorParts: PartMaker<Tensor> = {
  make: (op, inputs, attrs = {}) => evaluateOne(partOps[op], inputs.map(present), attrs),
  scalar: ({ dtype }, number) => fromNumbers(dtype, [], [number]),
  shapeOf: ({ shape }) => shape,
};

/** Infers the types of the parts; each part checks its inputs. */
export const typeParts: PartMaker<TensorType> = {
  make: (op, inputs, attrs = {}) => partOps[op].inferTypes(inputs.map(present), attrs)[0],
  scalar: ({ dtype }) => ({ dtype, shape: [] }),
  shapeOf: ({ shape }) => shape,
};

function present<V>(input: V | null | undefined): V | null {
  return input ?? null;
}
