import { CompileError, type DType, isStatic, largestFloat, numElements, type Value } from '@ghostc/ir';
import { integerRange } from '@ghostc/ops';
import { Formulas, fixedShape } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';
import { convolve } from './read-convolutions.ts';
import { dtypeOf } from './tensor-proto.ts';
import { windowAttributes } from './window-attributes.ts';

/**
 * Quantisation as the formulas of its definition, for scales that are computed at run time, blocked scales, and element
 * types that the integer kernels do not know.
 */
export const quantizationRows: readonly OpRow[] = [
  ['ConvInteger', readConvInteger],
  ['DequantizeLinear', readDequantizeLinear],
  ['DynamicQuantizeLinear', readDynamicQuantizeLinear],
  ['MatMulInteger', readMatMulInteger],
  ['QLinearMatMul', readQLinearMatMul],
  ['QuantizeLinear', readQuantizeLinear],
];

/** Scale or zero point against x: a scalar, one for each slice along `axis`, or one for each block along it. */
function aligned(f: Formulas, x: Value, parameter: Value): Value {
  const [shape, own] = [fixedShape(f.node, x), fixedShape(f.node, parameter)];
  if (own.length === 0) return parameter;
  const given = f.node.int('axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  const block = f.node.int('block_size', 0);
  if (block === 0) {
    if (own.length !== 1) throw new CompileError('onnx/input', `${f.node.op} expects a scale of rank 1`);
    if (own[0] === 1 && shape.length <= axis) return parameter;
    return f.reshape(
      parameter,
      shape.map((_, a) => (a === axis ? -1 : 1)),
    );
  }
  const split = [...own.slice(0, axis + 1), 1, ...own.slice(axis + 1)];
  const wide = [...own.slice(0, axis + 1), block, ...own.slice(axis + 1)];
  const repeated = f.reshape(f.emit('expand', [f.reshape(parameter, split)], { shape: wide }), [
    ...own.slice(0, axis),
    (own[axis] ?? 1) * block,
    ...own.slice(axis + 1),
  ]);
  return f.emit('slice', [repeated], { starts: [0], ends: [shape[axis] ?? 1], axes: [axis] });
}

/** saturate(round(x / scale) + zero point); small floats are not rounded to integers but by the cast. */
function quantized(
  f: Formulas,
  { x, scale, zero }: { x: Value; scale: Value; zero: Value | null },
  to: DType,
): Value {
  const quotient = f.div(x, f.cast(scale, x.type.dtype));
  if (to.startsWith('f')) {
    const sum = zero ? f.add(quotient, f.cast(zero, x.type.dtype)) : quotient;
    const limit = to === 'f4e2m1' ? largestFloat(to) : undefined;
    return f.cast(limit ? f.emit('clip', [sum], { min: -limit, max: limit }) : sum, to);
  }
  const [min, max] = integerRange(to);
  const rounded = f.emit('round', [f.cast(quotient, 'f32')]);
  const sum = zero ? f.add(rounded, f.cast(zero, 'f32')) : rounded;
  return f.cast(f.emit('clip', [sum], { min, max }), to);
}

function readQuantizeLinear(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const declared = node.int('output_dtype', 0);
  const to = node.has(2) ? node.input(2).type.dtype : declared ? dtypeOf(declared) : 'u8';
  const zero = node.has(2) ? aligned(f, x, node.input(2)) : null;
  const precision = node.int('precision', 0);
  const wide = precision ? f.cast(x, dtypeOf(precision)) : x;
  return quantized(f, { x: wide, scale: aligned(f, x, node.input(1)), zero }, to);
}

function readDequantizeLinear(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const scale = aligned(f, x, node.input(1));
  const centred = node.has(2)
    ? f.sub(f.cast(x, 'f32'), f.cast(aligned(f, x, node.input(2)), 'f32'))
    : f.cast(x, 'f32');
  const declared = node.int('output_dtype', 0);
  const to = declared ? dtypeOf(declared) : scale.type.dtype;
  return f.cast(f.mul(centred, f.cast(scale, 'f32')), to);
}

/** Outputs: y u8, its scale, its zero point; the range always holds 0. As in ONNX Runtime an empty range has the scale 1. */
function readDynamicQuantizeLinear(node: NodeReader): readonly Value[] {
  const f = new Formulas(node);
  const x = node.input(0);
  const whole = { axes: [] as number[], keepdims: false };
  const zero = f.number(x, 0);
  const high = f.emit('maximum', [f.emit('reduce_max', [x], whole), zero]);
  const low = f.emit('minimum', [f.emit('reduce_min', [x], whole), zero]);
  const range = f.sub(high, low);
  const scale = f.emit('where', [f.emit('equal', [range, zero]), f.number(x, 1), f.div(range, 255)]);
  const shift = f.emit('clip', [f.emit('round', [f.div(f.sub(zero, low), scale)])], { min: 0, max: 255 });
  const point = f.cast(shift, 'u8');
  return [quantized(f, { x, scale, zero: point }, 'u8'), scale, point];
}

/** Sums of products of 8-bit integers stay exact in float32 up to this many terms: 255 * 255 * 258 < 2^24. */
const EXACT_TERMS = 258;

/** Each piece, with its slices, counts as this many elements of the reader's budget. */
const PIECE_ROOM = 2 ** 13;

/**
 * The int32 sum over `length` places, each of `terms` products: pieces that are exact in float32, added as integers. Convolutions
 * and products of int32 matrices have kernels nowhere.
 */
function integerSum(
  f: Formulas,
  { length, terms }: { length: number; terms: number },
  piece: (from: number, to: number) => Value,
): Value {
  const most = Math.floor(EXACT_TERMS / terms);
  if (most === 0) {
    const problem = `${f.node.op} sums ${terms} products of one channel, more than float32 has exactly`;
    throw new CompileError('onnx/unsupported', problem);
  }
  if (length > most) f.node.claim(PIECE_ROOM * Math.ceil(length / most), `pieces of ${f.node.op}`);
  let sum: Value | undefined;
  for (let from = 0; from === 0 || from < length; from += most) {
    const part = f.cast(piece(from, Math.min(from + most, length)), 'i32');
    sum = sum ? f.add(sum, part) : part;
  }
  return sum as Value;
}

/** x - zero in float32. */
function centred(f: Formulas, x: Value, zero: Value | null): Value {
  return zero ? f.sub(f.cast(x, 'f32'), f.cast(zero, 'f32')) : f.cast(x, 'f32');
}

/** Elements `from` to `to` of an axis. */
function part(f: Formulas, x: Value, { axis, from, to }: { axis: number; from: number; to: number }): Value {
  const whole = from === 0 && x.type.shape[axis] === to;
  return whole ? x : f.emit('slice', [x], { starts: [from], ends: [to], axes: [axis] });
}

/** The int32 product of two matrices of 8-bit integers without their zero points. */
function integerProduct(f: Formulas, a: Value, b: Value): Value {
  const [columns, rows] = [a.type.shape.length - 1, Math.max(0, b.type.shape.length - 2)];
  const length = [a.type.shape[columns], b.type.shape[rows]].find(
    (dim) => dim !== undefined && isStatic(dim),
  );
  if (length === undefined) throw f.node.needsSizes(a.type.shape);
  return integerSum(f, { length: Number(length), terms: 1 }, (from, to) =>
    f.emit('matmul', [part(f, a, { axis: columns, from, to }), part(f, b, { axis: rows, from, to })]),
  );
}

/** One value for each row of a matrix, broadcast along it. */
function columnOf(f: Formulas, value: Value): Value {
  const { shape } = value.type;
  return shape.length === 1 && Number(shape[0]) > 1 ? f.reshape(value, [-1, 1]) : value;
}

function readMatMulInteger(node: NodeReader): Value {
  const f = new Formulas(node);
  const rows = node.optional(2);
  const left = centred(f, node.input(0), rows && columnOf(f, rows));
  return integerProduct(f, left, centred(f, node.input(1), node.optional(3)));
}

function readConvInteger(node: NodeReader): Value {
  const f = new Formulas(node);
  const shape = fixedShape(node, node.input(1));
  const [, depth = 1, ...kernel] = shape;
  const zero = node.optional(3);
  const channel = [-1, 1, ...kernel.map(() => 1)];
  const perChannel = zero && Number(zero.type.shape[0] ?? 1) > 1 ? f.reshape(zero, channel) : zero;
  const group = node.int('group', 1);
  const window = { ...windowAttributes(node, node.input(0).type.shape.slice(2), kernel), group };
  const [x, weight] = [centred(f, node.input(0), node.optional(2)), centred(f, node.input(1), perChannel)];
  /** The same channels of each group, side by side. */
  const channels = (from: number, to: number): Value => {
    if (to - from === depth) return x;
    if (group === 1) return part(f, x, { axis: 1, from, to });
    const each = Array.from({ length: group }, (_, g) =>
      part(f, x, { axis: 1, from: g * depth + from, to: g * depth + to }),
    );
    return f.emit('concat', each, { axis: 1 });
  };
  return integerSum(f, { length: depth, terms: numElements(kernel) }, (from, to) =>
    convolve(
      node,
      { x: channels(from, to), weight: part(f, weight, { axis: 1, from, to }), bias: null },
      window,
    ),
  );
}

/** Inputs: a, its scale and zero point, b, its scale and zero point, the scale and zero point of y. */
function readQLinearMatMul(node: NodeReader): Value {
  const f = new Formulas(node);
  const [a, aScale, aZero] = [node.input(0), node.input(1), node.input(2)];
  const [b, bScale, bZero] = [node.input(3), node.input(4), node.input(5)];
  const [yScale, yZero] = [node.input(6), node.input(7)];
  const sums = f.cast(integerProduct(f, centred(f, a, columnOf(f, aZero)), centred(f, b, bZero)), 'f32');
  const scale = f.div(
    f.mul(f.cast(columnOf(f, aScale), 'f32'), f.cast(bScale, 'f32')),
    f.cast(yScale, 'f32'),
  );
  const to = yZero.type.dtype;
  const [min, max] = integerRange(to);
  const shifted = f.add(f.emit('round', [f.mul(sums, scale)]), f.cast(yZero, 'f32'));
  return f.cast(f.emit('clip', [shifted], { min, max }), to);
}
