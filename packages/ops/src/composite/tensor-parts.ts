import type { Tensor, TensorType } from '@ghostc/ir';
import { evaluateOne, type OpDefinition } from '../define-op.ts';
import { add, mul, prelu } from '../elementwise/binary.ts';
import { concat } from '../movement/movement.ts';
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
  global_average_pool: globalAveragePool,
  mul,
  prelu,
  resize,
};

/** Computes the parts. */
export const tensorParts: PartMaker<Tensor> = {
  make: (op, inputs, attrs = {}) => evaluateOne(partOps[op], inputs.map(present), attrs),
  shapeOf: ({ shape }) => shape,
};

/** Infers the types of the parts; each checks what it gets. */
export const typeParts: PartMaker<TensorType> = {
  make: (op, inputs, attrs = {}) => partOps[op].inferTypes(inputs.map(present), attrs)[0],
  shapeOf: ({ shape }) => shape,
};

function present<V>(input: V | null | undefined): V | null {
  return input ?? null;
}
