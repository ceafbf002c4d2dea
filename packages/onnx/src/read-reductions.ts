import { isFloat, numElements, type Value } from '@ghostc/ir';
import { integerRange } from '@ghostc/ops';
import { Formulas, fixedShape, inFloat32 } from './formulas.ts';
import type { NodeReader, OpRow, ReadOp } from './node-reader.ts';

/** Largest finite float32: shifting by it instead of an infinity keeps inf - inf out of a log-sum-exp. */
const LARGEST = 3.4028234663852886e38;

interface Axes {
  readonly axes: number[];
  readonly keepdims: boolean;
}

/** Reduces by `formula`, or computes `element` of each x if no axis is named and none is implied. */
const reduction =
  (
    formula: (f: Formulas, x: Value, axes: Axes) => Value,
    element?: (f: Formulas, x: Value) => Value,
  ): ReadOp =>
  (node) => {
    const f = new Formulas(node);
    const axes = node.has(1) ? node.numbers(1, 'axes') : (node.ints('axes') ?? []);
    if (axes.length === 0 && node.int('noop_with_empty_axes', 0) === 1)
      return element ? element(f, node.input(0)) : f.emit('identity', [node.input(0)]);
    return formula(f, node.input(0), { axes, keepdims: node.int('keepdims', 1) === 1 });
  };

const plain = (op: string): ReadOp => reduction((f, x, axes) => f.emit(op, [x], { ...axes }));
const sum = (f: Formulas, x: Value, axes: Axes): Value => f.emit('reduce_sum', [x], { ...axes });
const square = (f: Formulas, x: Value): Value => f.mul(x, x);

/** A formula of numbers on integers: computed in double precision, and truncated. */
function inDouble(f: Formulas, x: Value, formula: (x: Value) => Value): Value {
  if (isFloat(x.type.dtype)) return formula(x);
  return f.cast(formula(f.cast(x, 'f64')), x.type.dtype);
}

const root = (f: Formulas, x: Value): Value => inDouble(f, x, (wide) => f.emit('sqrt', [wide]));

/** Of integers the logarithm of what is not positive is the lowest number, as of 0. */
const log = (f: Formulas, x: Value): Value => {
  const { dtype } = x.type;
  const positive = isFloat(dtype) ? x : f.emit('maximum', [x, f.number(x, 0)]);
  const lowest = isFloat(dtype) ? undefined : integerRange(dtype)[0];
  return inDouble(f, positive, (wide) => {
    const result = f.emit('log', [wide]);
    return lowest === undefined ? result : f.emit('clip', [result], { min: lowest });
  });
};

/** max + log(sum(exp(x - max))). Of integers every term is truncated, which counts the maxima. */
function logSumExp(f: Formulas, x: Value, { axes, keepdims }: Axes): Value {
  const highest = f.emit('reduce_max', [x], { axes, keepdims: true });
  const float = isFloat(x.type.dtype);
  const top = float ? f.emit('clip', [highest], { min: -LARGEST, max: LARGEST }) : highest;
  const terms = float ? f.emit('exp', [f.sub(x, top)]) : f.cast(f.emit('equal', [x, top]), x.type.dtype);
  const result = f.add(log(f, sum(f, terms, { axes, keepdims: true })), top);
  return keepdims ? result : f.emit('reduce_max', [result], { axes, keepdims: false });
}

export const reductionRows: readonly OpRow[] = [
  [
    'ReduceL1',
    reduction(
      (f, x, axes) => sum(f, f.emit('abs', [x]), axes),
      (f, x) => f.emit('abs', [x]),
    ),
  ],
  [
    'ReduceL2',
    inFloat32(
      reduction(
        (f, x, axes) => root(f, sum(f, square(f, x), axes)),
        (f, x) => f.emit('abs', [x]),
      ),
    ),
  ],
  ['ReduceLogSum', reduction((f, x, axes) => log(f, sum(f, x, axes)), log)],
  ['ReduceLogSumExp', inFloat32(reduction(logSumExp))],
  ['ReduceMax', plain('reduce_max')],
  ['ReduceMean', plain('reduce_mean')],
  ['ReduceMin', plain('reduce_min')],
  ['ReduceProd', plain('reduce_prod')],
  ['ReduceSum', plain('reduce_sum')],
  ['ReduceSumSquare', reduction((f, x, axes) => sum(f, square(f, x), axes), square)],
  ['ArgMax', (node) => readArg(node, 'arg_max')],
  ['ArgMin', (node) => readArg(node, 'arg_min')],
  ['Hardmax', (node) => flattened(node, hardmax)],
  ['LogSoftmax', (node) => flattened(node, logSoftmax)],
  ['LpNormalization', inFloat32(readLpNormalization)],
  ['Mean', readMean],
  ['TopK', readTopK],
];

function readArg(node: NodeReader, op: string): Value {
  return node.emit(op, [node.input(0)], {
    axis: node.int('axis', 0),
    keepdims: node.int('keepdims', 1) === 1,
    select_last_index: node.int('select_last_index', 0) === 1,
  });
}

/** Before opset 13 these ops see the tensor as a matrix, split at `axis`. */
function flattened(node: NodeReader, formula: (f: Formulas, x: Value, axis: number) => Value): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const rank = x.type.shape.length;
  const axis = node.int('axis', node.opset < 13 ? 1 : -1);
  const at = axis < 0 ? axis + rank : axis;
  if (node.opset >= 13 || at === rank - 1) return formula(f, x, at);
  const shape = fixedShape(node, x);
  const outer = numElements(shape.slice(0, at));
  return f.reshape(formula(f, f.reshape(x, [outer, -1]), 1), shape);
}

/** x - max - log(sum(exp(x - max))). */
function logSoftmax(f: Formulas, x: Value, axis: number): Value {
  const axes = { axes: [axis], keepdims: true };
  const shifted = f.sub(x, f.emit('reduce_max', [x], axes));
  return f.sub(shifted, f.emit('log', [sum(f, f.emit('exp', [shifted]), axes)]));
}

/** 1 at the first maximum along the axis, else 0. */
function hardmax(f: Formulas, x: Value, axis: number): Value {
  const best = f.emit('arg_max', [x], { axis, keepdims: true });
  const size = fixedShape(f.node, x)[axis] ?? 1;
  const shape = x.type.shape.map((_, a) => (a === axis ? size : 1));
  const counter = f.node.addRange(size, shape);
  return f.cast(f.emit('equal', [best, counter]), x.type.dtype);
}

/** x / |x|_p along an axis, 0 if the norm is 0. */
function readLpNormalization(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const axes = { axes: [node.int('axis', -1)], keepdims: true };
  const norm =
    node.int('p', 2) === 1 ? sum(f, f.emit('abs', [x]), axes) : f.emit('sqrt', [sum(f, square(f, x), axes)]);
  const zero = f.emit('equal', [norm, f.number(x, 0)]);
  return f.emit('where', [zero, f.number(x, 0), f.div(x, norm)]);
}

function readMean(node: NodeReader): Value {
  const f = new Formulas(node);
  const [first, ...rest] = node.inputs() as [Value, ...Value[]];
  if (rest.length === 0) return f.emit('identity', [first]);
  return f.div(
    rest.reduce((total, x) => f.add(total, x), first),
    rest.length + 1,
  );
}

function readTopK(node: NodeReader): readonly Value[] {
  const k = node.has(1) ? (node.numbers(1, 'k')[0] ?? 0) : node.int('k', 1);
  return node.emitAll('top_k', [node.input(0)], {
    k,
    axis: node.int('axis', -1),
    largest: node.int('largest', 1) === 1,
  });
}
