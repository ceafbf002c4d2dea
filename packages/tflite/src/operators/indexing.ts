import { allocate, CompileError, fromNumbers, numElements, staticShape, type Tensor } from '@ghostc/ir';
import { ActivationFunctionType } from '../generated/activation-function-type.ts';
import { BatchMatMulOptions } from '../generated/batch-mat-mul-options.ts';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { GatherOptions } from '../generated/gather-options.ts';
import { OneHotOptions } from '../generated/one-hot-options.ts';
import { PackOptions } from '../generated/pack-options.ts';
import { UnpackOptions } from '../generated/unpack-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { typeOf } from '../tensor-table.ts';
import { asDeclared } from './linear.ts';
import { isQuantized, refuseQuantized, requantized } from './quantized-output.ts';

/** PACK: tensors of one shape along a new axis. */
export function readPack(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.PackOptions, new PackOptions());
  const axis = node.axis(options.axis(), 'plain', node.outputTensor().shape.length);
  const parts = node.operator.inputs.map((_, i) => {
    const part = node.input(i, 'plain');
    return node.emit('reshape', [part], { shape: staticShape(part.type.shape).toSpliced(axis, 0, 1) });
  });
  node.setOutput(node.emit('concat', parts, { axis }), 'plain');
}

/** UNPACK: the slices along an axis, without it. */
export function readUnpack(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.UnpackOptions, new UnpackOptions());
  const axis = node.axis(options.axis(), 'plain', node.inputTensor(0).shape.length);
  const x = node.input(0, 'plain');
  node.operator.outputs.forEach((_, k) => {
    const one = node.emit('slice', [x], { axes: [axis], starts: [k], ends: [k + 1] });
    node.setOutput(asDeclared(node, one, k), 'plain', k);
  });
}

/** SHAPE: shapes are known here. */
export function readShape(node: OperatorReader): void {
  const { shape } = node.inputTensor(0);
  const { dtype } = typeOf(node.outputTensor());
  setConstant(node, fromNumbers(dtype, [shape.length], [...shape]));
}

export function readGather(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.GatherOptions, new GatherOptions());
  if (options.batchDims() !== 0)
    throw new CompileError('tflite/unsupported', 'GATHER with batch dimensions is not supported');
  const axis = node.axis(options.axis(), 'plain', node.inputTensor(0).shape.length);
  node.setOutput(node.emit('gather', [node.input(0, 'plain'), node.input(1, 'plain')], { axis }), 'plain');
}

/** GATHER_ND: the last axis of the indices is a place in the first axes of x. */
export function readGatherNd(node: OperatorReader): void {
  node.setOutput(node.emit('gather_nd', [node.input(0, 'plain'), node.input(1, 'plain')]), 'plain');
}

/** ARG_MAX and ARG_MIN along a constant axis. */
export const readArgument =
  (op: 'arg_max' | 'arg_min') =>
  (node: OperatorReader): void => {
    const [given = 0] = node.integers(1, 'axis');
    const axis = node.axis(given, 'plain', node.inputTensor(0).shape.length);
    const at = node.emit(op, [node.input(0, 'plain')], { axis, keepdims: false });
    const { dtype } = typeOf(node.outputTensor());
    node.setOutput(at.type.dtype === dtype ? at : node.emit('cast', [at], { to: dtype }), 'plain');
  };

/** BATCH_MATMUL, either operand transposed if requested. */
export function readBatchMatmul(node: OperatorReader): void {
  const integers = isQuantized(node);
  const options = node.optionalOptions(BuiltinOptions.BatchMatMulOptions, new BatchMatMulOptions());
  const operand = (i: number, turn: boolean) => {
    const x = integers ? node.input(i, 'plain') : node.realInput(i);
    const axes = [...x.type.shape.keys()];
    const turned = [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
    return turn ? node.table.permuted(x, turned) : x;
  };
  const factors = [operand(0, options?.adjX() ?? false), operand(1, options?.adjY() ?? false)];
  const y = integers
    ? node.emit('qlinear_matmul', factors, requantized(node, ActivationFunctionType.NONE))
    : node.emit('matmul', factors);
  node.setOutput(y, 'plain');
}

/** SELECT and SELECT_V2: x if the condition holds, otherwise y. A vector condition of SELECT selects rows. */
export function readSelect(node: OperatorReader): void {
  const rank = node.outputTensor().shape.length;
  const condition = node.input(0, 'plain');
  const { shape } = node.inputTensor(0);
  const rows = node.code === 'SELECT' && shape.length === 1 && rank > 1 && shape[0] !== 1;
  const picks = rows
    ? node.emit('reshape', [condition], { shape: [...shape, ...new Array<number>(rank - 1).fill(1)] })
    : condition;
  node.setOutput(node.emit('where', [picks, node.input(1, 'plain'), node.input(2, 'plain')]), 'plain');
}

/** CAST to the declared type. */
export function readCast(node: OperatorReader): void {
  const { dtype } = typeOf(node.outputTensor());
  const order = node.preferredOrder();
  node.setOutput(node.emit('cast', [node.input(0, order)], { to: dtype }), order);
}

/** BROADCAST_TO: the declared shape. */
export function readBroadcastTo(node: OperatorReader): void {
  const x = node.input(0, 'plain');
  node.setOutput(node.emit('expand', [x], { shape: node.outputShape(x) }), 'plain');
}

/** FILL: the declared shape of one value. */
export function readFill(node: OperatorReader): void {
  const x = node.input(1, 'plain');
  node.setOutput(node.emit('expand', [x], { shape: node.outputShape(x) }), 'plain');
}

/** TILE: copies along each axis. */
export function readTile(node: OperatorReader): void {
  const multiples = node.integers(1, 'multiples');
  const tiled = multiples.reduce(
    (x, count, axis) => (count > 1 ? node.emit('concat', new Array(count).fill(x), { axis }) : x),
    node.input(0, 'plain'),
  );
  node.setOutput(tiled, 'plain');
}

/** ONE_HOT: `on` at the index along a new axis, `off` elsewhere; an index outside is nowhere on. */
export function readOneHot(node: OperatorReader): void {
  const given = node.options(BuiltinOptions.OneHotOptions, new OneHotOptions()).axis();
  const { shape } = node.inputTensor(0);
  const axis = node.axis(given, 'plain', shape.length + 1);
  const [depth = 0] = node.integers(1, 'depth');
  const indices = node.emit('reshape', [node.input(0, 'plain')], { shape: shape.toSpliced(axis, 0, 1) });
  const along = [depth, ...new Array<number>(shape.length - axis).fill(1)];
  const places = fromNumbers(indices.type.dtype, along, [...new Array(depth).keys()]);
  const counter = node.table.graph.addConstant(`${node.outputTensor().name}_places`, places);
  const [on, off] = [node.input(2, 'plain'), node.input(3, 'plain')];
  node.setOutput(node.emit('where', [node.emit('equal', [indices, counter]), on, off]), 'plain');
}

/** TOPK_V2: the k largest along the last axis, and their indices. */
export function readTopK(node: OperatorReader): void {
  const [k = 0] = node.integers(1, 'k');
  const attrs = { k, axis: -1, largest: true };
  const [values, at] = node.emitAll('top_k', [node.input(0, 'plain')], attrs, ['', '_at']);
  if (!values || !at) return;
  node.setOutput(values, 'plain');
  const { dtype } = typeOf(node.outputTensor(1));
  node.setOutput(node.emit('cast', [at], { to: dtype }), 'plain', 1);
}

/** SCATTER_ND: updates at places of zeros; those of one place are added. */
export function readScatterNd(node: OperatorReader): void {
  refuseQuantized(node);
  const shape = node.integers(2, 'shape');
  const { dtype } = typeOf(node.outputTensor());
  const zeros = node.table.graph.addConstant(`${node.outputTensor().name}_zeros`, {
    dtype,
    shape,
    data: allocate(dtype, numElements(shape)),
  });
  const indices = node.emit('cast', [node.input(0, 'plain')], { to: 'i64' });
  const inputs = [zeros, indices, node.input(1, 'plain')];
  node.setOutput(node.emit('scatter_nd', inputs, { reduction: 'add' }), 'plain');
}

/** EMBEDDING_LOOKUP: rows of a table. */
export function readEmbeddingLookup(node: OperatorReader): void {
  node.setOutput(node.emit('gather', [node.realInput(1), node.input(0, 'plain')], { axis: 0 }), 'plain');
}

/** ZEROS_LIKE, RANK and RANGE of constants: known here. */
export function readZerosLike(node: OperatorReader): void {
  const { dtype } = typeOf(node.outputTensor());
  const { shape } = node.inputTensor(0);
  setConstant(node, fromNumbers(dtype, shape, new Array(numElements(shape)).fill(0)));
}

export function readRank(node: OperatorReader): void {
  setConstant(node, fromNumbers('i32', [], [node.inputTensor(0).shape.length]));
}

export function readRange(node: OperatorReader): void {
  const [start = 0, limit = 0, step = 0] = [0, 1, 2].flatMap((i) => node.integers(i, 'an end'));
  const count = Math.ceil((limit - start) / step);
  const { dtype } = typeOf(node.outputTensor());
  if (!(count > 0 && count <= MOST_STEPS))
    throw new CompileError(
      'tflite/shape',
      `a range from ${start} to ${limit} by ${step} has no positive size`,
    );
  setConstant(
    node,
    fromNumbers(
      dtype,
      [count],
      Array.from({ length: count }, (_, i) => start + i * step),
    ),
  );
}

const MOST_STEPS = 2 ** 20;

function setConstant(node: OperatorReader, tensor: Tensor): void {
  node.setOutput(node.table.graph.addConstant(node.outputTensor().name, tensor), 'plain');
}

/** DENSIFY of a constant, which is already dense when read. */
export function readDensify(node: OperatorReader): void {
  node.setOutput(node.input(0, 'plain'), 'plain');
}
