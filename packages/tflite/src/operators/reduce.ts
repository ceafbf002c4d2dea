import { BuiltinOptions } from '../generated/builtin-options.ts';
import { ReducerOptions } from '../generated/reducer-options.ts';
import { SoftmaxOptions } from '../generated/softmax-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import type { AxisOrder } from '../tensor-table.ts';
import { asDeclared } from './linear.ts';
import { isQuantized, outputQuant, picked, refuseQuantized } from './quantized-output.ts';

/** MEAN, SUM, REDUCE_MAX, REDUCE_MIN over constant axes. */
export const readReduce =
  (op: string) =>
  (node: OperatorReader): void => {
    if (op === 'reduce_mean' && isQuantized(node)) {
      readQuantizedMean(node);
      return;
    }
    if (op !== 'reduce_max' && op !== 'reduce_min') refuseQuantized(node);
    const options = node.options(BuiltinOptions.ReducerOptions, new ReducerOptions());
    const { shape } = node.inputTensor(0);
    const given = node.integers(1, 'axes').map((axis) => node.axis(axis, 'plain', shape.length));
    const order = reduceOrder(node, given, options);
    const axes = given.map((axis) => node.axis(axis, order, shape.length)).sort((a, b) => a - b);
    const y = picked(node, op, [node.input(0, order)], { axes, keepdims: options.keepDims() });
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

/** NCHW, unless axes are dropped and those that stay would stand in another order: only the channels may stay beside the batch. */
function reduceOrder(node: OperatorReader, axes: readonly number[], options: ReducerOptions): AxisOrder {
  if (node.table.nativeOrder(node.inputIndex(0)) !== 'nchw') return 'plain';
  const [height, width, channels] = [1, 2, 3].map((axis) => axes.includes(axis));
  return options.keepDims() || channels || (height && width) ? 'nchw' : 'plain';
}

/** SOFTMAX over the last axis of beta * x. */
export function readSoftmax(node: OperatorReader): void {
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
