import type { Value } from '@ghostc/ir';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { CumsumOptions } from '../generated/cumsum-options.ts';
import { ReducerOptions } from '../generated/reducer-options.ts';
import { SoftmaxOptions } from '../generated/softmax-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import type { AxisOrder } from '../tensor-table.ts';
import { inReals } from './in-reals.ts';
import { asDeclared } from './linear.ts';
import { isQuantized, outputQuant } from './quantized-output.ts';

/** MEAN, SUM, REDUCE_MAX, REDUCE_MIN over constant axes. */
export const readReduce =
  (op: string) =>
  (node: OperatorReader): void => {
    if (op === 'reduce_mean' && isQuantized(node)) {
      readQuantizedMean(node);
      return;
    }
    const options = node.options(BuiltinOptions.ReducerOptions, new ReducerOptions());
    const { shape } = node.inputTensor(0);
    const given = node.integers(1, 'axes').map((axis) => node.axis(axis, 'plain', shape.length));
    const order = reduceOrder(node, given, options);
    const axes = given.map((axis) => node.axis(axis, order, shape.length)).sort((a, b) => a - b);
    const y = node.emit(op, [node.input(0, order)], { axes, keepdims: options.keepDims() });
    node.setOutput(y, options.keepDims() ? order : 'plain');
  };

/** MEAN on integers: what is averaged becomes the image of `qlinear_global_average_pool`. */
function readQuantizedMean(node: OperatorReader): void {
  const { shape } = node.inputTensor(0);
  const axes = node.integers(1, 'axes').map((axis) => node.axis(axis, 'plain', shape.length));
  const attrs = { ...outputQuant(node) };
  if (shape.length === 4 && [...axes].sort().join() === '1,2') {
    const image = node.emit('qlinear_global_average_pool', [node.input(0, 'nchw')], attrs);
    if (node.outputTensor().shape.length === 4) node.setOutput(image, 'nchw');
    else node.setOutput(asDeclared(node, image), 'plain');
    return;
  }
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const count = (list: readonly number[]): number =>
    list.reduce((product, axis) => product * (shape[axis] ?? 1), 1);
  const moved = node.table.permuted(node.input(0, 'plain'), [...kept, ...new Set(axes)]);
  const image = node.emit('reshape', [moved], { shape: [1, count(kept), 1, count([...new Set(axes)])] });
  node.setOutput(asDeclared(node, node.emit('qlinear_global_average_pool', [image], attrs)), 'plain');
}

/**
 * NCHW, unless axes are dropped and the others would be in a different order: only the channels may remain
 * besides the batch.
 */
function reduceOrder(node: OperatorReader, axes: readonly number[], options: ReducerOptions): AxisOrder {
  if (node.table.nativeOrder(node.inputIndex(0)) !== 'nchw') return 'plain';
  const [height, width, channels] = [1, 2, 3].map((axis) => axes.includes(axis));
  return options.keepDims() || channels || (height && width) ? 'nchw' : 'plain';
}

/** REDUCE_ANY and REDUCE_ALL of booleans: the largest and the least of 0 and 1. */
export const readReduceBool =
  (op: 'reduce_max' | 'reduce_min') =>
  (node: OperatorReader): void => {
    const keepdims = node.options(BuiltinOptions.ReducerOptions, new ReducerOptions()).keepDims();
    const rank = node.inputTensor(0).shape.length;
    const axes = node.integers(1, 'axes').map((axis) => node.axis(axis, 'plain', rank));
    const numbers = node.emit('cast', [node.input(0, 'plain')], { to: 'i32' });
    const picked = node.emit(op, [numbers], { axes, keepdims });
    node.setOutput(node.emit('cast', [picked], { to: 'bool' }), 'plain');
  };

/** CUMSUM along a constant axis: the sums of runs of 1, 2, 4, ... elements. */
export function readCumsum(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.CumsumOptions, new CumsumOptions());
  const { shape } = node.inputTensor(0);
  const axis = node.axis(node.integers(1, 'axis')[0] ?? 0, 'plain', shape.length);
  const size = shape[axis] ?? 1;
  const shifted = (x: Value, by: number): Value => {
    const [starts, ends] = options.reverse() ? [by, size] : [0, size - by];
    const rest = node.emit('slice', [x], { axes: [axis], starts: [starts], ends: [ends] });
    const pads = new Array<number>(2 * shape.length).fill(0);
    pads[options.reverse() ? axis + shape.length : axis] = by;
    return node.emit('pad', [rest], { pads });
  };
  const x = node.input(0, 'plain');
  let sum = x;
  for (let by = 1; by < size; by *= 2) sum = node.emit('add', [sum, shifted(sum, by)]);
  node.setOutput(options.exclusive() ? node.emit('sub', [sum, x]) : sum, 'plain');
}

/** LOG_SOFTMAX over the last axis. */
export function readLogSoftmax(node: OperatorReader): void {
  const order = node.preferredOrder();
  const x = node.input(0, order);
  const axes = { axes: [node.axis(-1, order, node.inputTensor(0).shape.length)], keepdims: true };
  const shifted = node.emit('sub', [x, node.emit('reduce_max', [x], axes)]);
  const total = node.emit('reduce_sum', [node.emit('exp', [shifted])], axes);
  node.setOutput(node.emit('sub', [shifted, node.emit('log', [total])]), order);
}

/** SOFTMAX over the last axis of beta * x. */
export function readSoftmax(given: OperatorReader): void {
  const node = given.inputTensor(0).type === 'INT16' ? inReals(given) : given;
  const beta = node.options(BuiltinOptions.SoftmaxOptions, new SoftmaxOptions()).beta();
  const order = node.preferredOrder();
  const rank = node.inputTensor(0).shape.length;
  const x = node.input(0, order);
  const axis = node.axis(-1, order, rank);
  if (isQuantized(node)) {
    node.setOutput(node.emit('qlinear_softmax', [x], { axis, beta, ...outputQuant(node) }), order);
    return;
  }
  const scaled = beta === 1 ? x : node.emit('mul', [x, betaConstant(node, beta)]);
  node.setOutput(node.emit('softmax', [scaled], { axis }), order);
}

function betaConstant(node: OperatorReader, beta: number) {
  return node.table.graph.addConstant('beta', { dtype: 'f32', shape: [1], data: Float32Array.of(beta) });
}
