import {
  type Attrs,
  allocate,
  CompileError,
  tensor as constantTensor,
  type Dim,
  fromNumbers,
  isFloat,
  isStatic,
  markFilled,
  type Value,
} from '@ghostc/ir';
import { broadcastOperands } from './legacy-broadcast.ts';
import type { NodeReader, ReadOp } from './node-reader.ts';
import { activationRows } from './read-activations.ts';
import { comparisonRows } from './read-comparisons.ts';
import { convolutionRows } from './read-convolutions.ts';
import { einsumRows } from './read-einsum.ts';
import { indexRows } from './read-indices.ts';
import { movementRows } from './read-movement.ts';
import { normalizationRows } from './read-normalizations.ts';
import { recurrentRows } from './read-recurrent.ts';
import { reductionRows } from './read-reductions.ts';
import { resizeRows } from './read-resize.ts';
import { spectrumRows } from './read-spectra.ts';
import { clipQuantized, quantizedRows } from './read-static-quantization.ts';
import { isSaturated } from './shape-value.ts';

/** An op that maps one to one, without attributes. */
const plain =
  (op: string): ReadOp =>
  (node) =>
    node.emit(op, node.inputs());

const binary =
  (op: string): ReadOp =>
  (node) =>
    node.emit(op, broadcastOperands(node));

/** Two or more inputs folded from the left. */
const variadic =
  (op: string): ReadOp =>
  (node) => {
    const [first, ...rest] = node.inputs();
    if (!first) throw new CompileError('onnx/input', `${node.op} needs an input`);
    if (rest.length === 0) return node.emit('identity', [first]);
    return rest.reduce((sum, value) => node.emit(op, [sum, value]), first);
  };

const withAlpha =
  (op: string, alpha: number): ReadOp =>
  (node) =>
    node.emit(op, [node.input(0)], { alpha: node.float('alpha', alpha) });

/** Every ONNX op that the reader knows, by op_type. */
export const opTable: ReadonlyMap<string, ReadOp> = new Map<string, ReadOp>([
  ...activationRows,
  ...comparisonRows,
  ...convolutionRows,
  ...einsumRows,
  ...indexRows,
  ...movementRows,
  ...normalizationRows,
  ...quantizedRows,
  ...recurrentRows,
  ...reductionRows,
  ...resizeRows,
  ...spectrumRows,
  ['Abs', plain('abs')],
  ['Add', binary('add')],
  ['Ceil', plain('ceil')],
  ['Clip', readClip],
  ['Concat', (node) => node.emit('concat', node.inputs(), { axis: node.int('axis', 1) })],
  ['Constant', readConstant],
  ['ConstantOfShape', readConstantOfShape],
  ['Div', binary('div')],
  ['Elu', withAlpha('elu', 1)],
  ['Exp', plain('exp')],
  ['Flatten', readFlatten],
  ['Floor', plain('floor')],
  ['Gemm', readGemm],
  [
    'HardSigmoid',
    (node) =>
      node.emit('hard_sigmoid', [node.input(0)], {
        alpha: node.float('alpha', Math.fround(0.2)),
        beta: node.float('beta', 0.5),
      }),
  ],
  ['HardSwish', plain('hard_swish')],
  ['Identity', plain('identity')],
  ['LeakyRelu', withAlpha('leaky_relu', Math.fround(0.01))],
  ['Log', plain('log')],
  ['MatMul', readMatMul],
  ['Max', variadic('maximum')],
  ['Min', variadic('minimum')],
  ['Mul', binary('mul')],
  ['Neg', plain('neg')],
  ['PRelu', readPrelu],
  ['Pad', readPad],
  ['Pow', readPow],
  ['Reciprocal', plain('reciprocal')],
  ['Relu', plain('relu')],
  ['Reshape', readReshape],
  ['Round', plain('round')],
  ['Sigmoid', plain('sigmoid')],
  ['Slice', readSlice],
  ['Softmax', readSoftmax],
  ['Softplus', plain('softplus')],
  ['Sqrt', plain('sqrt')],
  ['Squeeze', readSqueeze],
  ['Sub', binary('sub')],
  ['Sum', variadic('add')],
  ['Tanh', plain('tanh')],
  ['Unsqueeze', readUnsqueeze],
]);

/** Bounds that are constants become attributes; others a maximum and a minimum. A bound of NaN's place is absent. */
function readClip(node: NodeReader): Value {
  // bounds beyond 2^53 are exact as values only
  const wide = [node.shape(1), node.shape(2)].some((bound) => bound && isSaturated(bound));
  const fixed = (index: number, name: string, fallback: number): number | undefined => {
    if (!node.has(index)) return node.float(name, fallback);
    const shape = node.shape(index);
    return shape && !wide ? (shape.elements.map(Number)[0] ?? fallback) : undefined;
  };
  const x = node.input(0);
  const min = fixed(1, 'min', Number.NEGATIVE_INFINITY);
  const max = fixed(2, 'max', Number.POSITIVE_INFINITY);
  const inside = { min: min ?? Number.NEGATIVE_INFINITY, max: max ?? Number.POSITIVE_INFINITY };
  const static_ = min !== undefined && max !== undefined;
  if (static_ && inside.min <= inside.max)
    return clipQuantized(node, x, inside) ?? node.emit('clip', [x], inside);
  const low =
    min === undefined || static_
      ? node.emit('maximum', [x, boundOf(node, { index: 1, x, value: inside.min })])
      : x;
  const clipped =
    low === x && inside.min > Number.NEGATIVE_INFINITY ? node.emit('clip', [x], { min: inside.min }) : low;
  if (max !== undefined && !static_)
    return inside.max < Infinity ? node.emit('clip', [clipped], { max: inside.max }) : clipped;
  return node.emit('minimum', [clipped, boundOf(node, { index: 2, x, value: inside.max })]);
}

function boundOf(node: NodeReader, { index, x, value }: { index: number; x: Value; value: number }): Value {
  return node.has(index) ? node.input(index) : node.addConstant(fromNumbers(x.type.dtype, [], [value]));
}

/**
 * The exponent may have another type than the base. Integers to the constant power of 2 and 3 are products, which wrap as
 * ONNX Runtime's; others are computed in double precision.
 */
function readPow(node: NodeReader): Value {
  const [x, exponent] = broadcastOperands(node);
  const { dtype } = x.type;
  const power = exponent.constant?.data.length === 1 ? Number(exponent.constant.data[0]) : 0;
  if (!isFloat(dtype) && (power === 2 || power === 3)) {
    const square = node.emit('mul', [x, x]);
    return power === 2 ? square : node.emit('mul', [square, x]);
  }
  if (exponent.type.dtype === dtype) return node.emit('pow', [x, exponent]);
  if (isFloat(dtype) || !isFloat(exponent.type.dtype))
    return node.emit('pow', [x, node.emit('cast', [exponent], { to: dtype })]);
  const wide = [x, exponent].map((value) => node.emit('cast', [value], { to: 'f64' }));
  return node.emit('cast', [node.emit('pow', wide)], { to: dtype });
}

/** The slope broadcasts to x; before opset 7 one slope a channel stood in a vector. */
function readPrelu(node: NodeReader): Value {
  const [x, slope] = [node.input(0), node.input(1)];
  const rank = x.type.shape.length;
  const { shape } = slope.type;
  if (node.opset >= 7 || shape.length !== 1 || shape[0] === 1) return node.emit('prelu', [x, slope]);
  const wide = [...shape.map(Number), ...new Array<number>(Math.max(0, rank - 2)).fill(1)];
  return node.emit('prelu', [x, node.emit('reshape', [slope], { shape: wide })]);
}

function readConstant(node: NodeReader): Value {
  const tensor = node.tensor('value');
  if (tensor) return node.addConstant(tensor);
  if (node.hasAttribute('value_float'))
    return node.addConstant(fromNumbers('f32', [], [node.float('value_float', 0)]));
  const int = node.bigInt('value_int');
  if (int !== undefined) return node.addConstant(constantTensor('i64', [], BigInt64Array.of(int)));
  const [floats, ints] = [node.floats('value_floats'), node.bigInts('value_ints')];
  if (floats && node.hasAttribute('value_floats'))
    return node.addConstant(fromNumbers('f32', [floats.length], floats));
  if (ints) return node.addConstant(constantTensor('i64', [ints.length], ints));
  throw new CompileError(
    'onnx/unsupported',
    'Constant expects value, value_float(s) or value_int(s); sparse and string values are not supported',
  );
}

function readConstantOfShape(node: NodeReader): Value {
  const shape = node.numbers(0, 'shape');
  const fill = node.tensor('value') ?? fromNumbers('f32', [1], [0]);
  const count = shape.reduce((product, dim) => product * dim, 1);
  node.claim(count, `ConstantOfShape [${shape.join(',')}]`);
  const data = allocate(fill.dtype, count);
  const value = fill.data[0] ?? 0;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(value));
  else data.fill(Number(value));
  const tensor = constantTensor(fill.dtype, shape, data);
  return node.addConstant(markFilled(tensor));
}

function readGemm(node: NodeReader): Value {
  const attrs = {
    alpha: node.float('alpha', 1),
    beta: node.float('beta', 1),
    trans_a: node.int('transA', 0) === 1,
    trans_b: node.int('transB', 0) === 1,
  };
  const addend = attrs.beta === 0 ? null : node.optional(2);
  return node.emit('gemm', [node.input(0), node.input(1), addend], attrs);
}

function readPad(node: NodeReader): Value {
  const mode = node.expectText('mode', 'constant', ['constant', 'reflect', 'edge', 'wrap']);
  const given = node.has(1) ? node.numbers(1, 'pads') : (node.ints('pads') ?? node.ints('paddings') ?? []);
  const filler = node.has(2) ? (node.numbers(2, 'constant_value')[0] ?? 0) : node.float('value', 0);
  const rank = node.input(0).type.shape.length;
  const pads = node.has(3) ? spread(given, node.numbers(3, 'axes'), rank) : given;
  const value = realOf(node.input(0), filler);
  if (pads.every((pad) => pad >= 0)) return node.emit('pad', [node.input(0)], { pads, value, mode });
  return cutAndPad(node, pads, { value, mode });
}

/** A negative pad cuts; what is left is padded. */
function cutAndPad(node: NodeReader, pads: readonly number[], attrs: Attrs): Value {
  const x = node.input(0);
  const axes = [...x.type.shape.keys()];
  const rank = axes.length;
  const cut = node.emit('slice', [x], {
    axes,
    starts: axes.map((axis) => Math.max(0, -(pads[axis] ?? 0))),
    ends: axes.map((axis) => Math.min(0, pads[axis + rank] ?? 0) || Number.MAX_SAFE_INTEGER),
  });
  const rest = pads.map((pad) => Math.max(0, pad));
  if (rest.every((pad) => pad === 0)) return cut;
  return node.emit('pad', [cut], { ...attrs, pads: rest });
}

/** The real value of an integer in a quantised tensor: Pad uses integers, `pad` real numbers. */
function realOf({ type: { quant } }: Value, integer: number): number {
  return quant ? (integer - (quant.zeroPoint[0] ?? 0)) * (quant.scale[0] ?? 1) : integer;
}

/** Pads of some axes as pads of all. */
function spread(pads: readonly number[], axes: readonly number[], rank: number): number[] {
  const all = new Array<number>(2 * rank).fill(0);
  axes.forEach((axis, i) => {
    const at = axis < 0 ? axis + rank : axis;
    all[at] = pads[i] ?? 0;
    all[at + rank] = pads[i + axes.length] ?? 0;
  });
  return all;
}

function readReshape(node: NodeReader): Value {
  const x = node.input(0);
  const wanted = node.has(1) ? node.dims(1, 'the shape') : (node.ints('shape') ?? []);
  if (node.int('allowzero', 0) === 1 && wanted.includes(0)) return reshapeEmpty(node, wanted);
  return node.emit('reshape', [x], { shape: withoutOpenSizes(wanted, x.type.shape) });
}

/**
 * Symbolic dimensions of a target shape become 0 (copy) if the input has the same at that position, or the
 * single -1.
 */
function withoutOpenSizes(wanted: readonly Dim[], from: readonly Dim[]): number[] {
  const shape = wanted.map((dim, axis) => (isStatic(dim) ? dim : dim === from[axis] ? 0 : -1));
  if (shape.filter((dim) => dim === -1).length <= 1) return shape;
  throw new CompileError(
    'onnx/dynamic-shape',
    `cannot reshape to [${wanted.join(',')}] while two sizes are unknown; give them with --bind NAME=SIZE`,
  );
}

function readFlatten(node: NodeReader): Value {
  const { shape } = node.input(0).type;
  const given = node.int('axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  const [outer, inner] = [shape.slice(0, axis), shape.slice(axis)].map((part) =>
    part.reduce<number>((product, dim) => product * Number(dim), 1),
  ) as [number, number];
  if (outer === 0 || inner === 0) return emptyLike(node, [outer, inner]);
  if (axis === 1) return node.emit('reshape', [node.input(0)], { shape: [0, -1] });
  if (Number.isNaN(outer) && Number.isNaN(inner)) throw node.needsSizes(shape);
  return node.emit('reshape', [node.input(0)], {
    shape: Number.isNaN(outer) ? [-1, inner] : [outer, -1],
  });
}

/** Without axes, or with an empty list of them, all axes of size 1 go. */
function readSqueeze(node: NodeReader): Value {
  const { shape } = node.input(0).type;
  const given = node.has(1) ? node.numbers(1, 'axes') : (node.ints('axes') ?? []);
  const axes = given.length ? given : shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  const gone = new Set(axes.map((axis) => (axis < 0 ? axis + shape.length : axis)));
  for (const axis of gone) {
    const dim = shape[axis];
    if (dim !== undefined && !isStatic(dim)) throw node.needsSizes(shape);
    if (dim !== 1)
      throw new CompileError(
        'onnx/input',
        `Squeeze expects size 1 on axis ${axis}, found ${dim ?? 'no such axis'}`,
      );
  }
  return viewed(
    node,
    shape.filter((_, axis) => !gone.has(axis)),
  );
}

function readUnsqueeze(node: NodeReader): Value {
  const { shape } = node.input(0).type;
  const axes = node.has(1) ? node.numbers(1, 'axes') : (node.ints('axes') ?? []);
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const rest = [...shape];
  return viewed(
    node,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))),
  );
}

/** The first input in another shape. */
function viewed(node: NodeReader, shape: readonly Dim[]): Value {
  if (shape.includes(0) && shape.every(isStatic)) return emptyLike(node, shape);
  return node.emit('reshape', [node.input(0)], { shape: shapeAttribute(shape) });
}

function shapeAttribute(shape: readonly Dim[]): number[] {
  const symbols = shape.filter((dim) => !isStatic(dim));
  if (symbols.length > 1)
    throw new CompileError(
      'onnx/dynamic-shape',
      `cannot reshape to [${shape.join(',')}] while two sizes are unknown; give them with --bind NAME=SIZE`,
    );
  return shape.map((dim) => (isStatic(dim) ? dim : -1));
}

function readSlice(node: NodeReader): Value {
  const starts = node.bounds(1, 'starts') ?? [];
  const ends = node.bounds(2, 'ends') ?? [];
  const axes = node.has(3) ? node.numbers(3, 'axes') : (node.ints('axes') ?? starts.map((_, i) => i));
  const steps = node.bounds(4, 'steps') ?? [];
  return node.emit('slice', [node.input(0)], { starts, ends, axes, steps });
}

/** Before opset 13 Softmax works on the tensor flattened to a matrix at `axis`. */
function readSoftmax(node: NodeReader): Value {
  const x = node.input(0);
  const rank = x.type.shape.length;
  const axis = node.int('axis', node.opset < 13 ? 1 : -1);
  if (node.opset >= 13 || axis === rank - 1 || axis === -1) return node.emit('softmax', [x], { axis });
  if (!x.type.shape.every(isStatic))
    throw new CompileError('onnx/dynamic-shape', 'Softmax before opset 13 needs a fixed shape');
  const outer = x.type.shape.slice(0, axis).reduce<number>((product, dim) => product * Number(dim), 1);
  const flat = node.emit('reshape', [x], { shape: [outer, -1] });
  return node.emit('reshape', [node.emit('softmax', [flat], { axis: 1 })], {
    shape: x.type.shape.map(Number),
  });
}

/** A vector on the left is a row, on the right a column; the axis of 1 is removed from the result. */
function readMatMul(node: NodeReader): Value {
  const [a, b] = [node.input(0), node.input(1)];
  const [flatA, flatB] = [a.type.shape.length === 1, b.type.shape.length === 1];
  if (!flatA && !flatB) return node.emit('matmul', [a, b]);
  const row = flatA ? node.emit('reshape', [a], { shape: [1, -1] }) : a;
  const column = flatB ? node.emit('reshape', [b], { shape: [-1, 1] }) : b;
  const product = node.emit('matmul', [row, column]);
  const shape = product.type.shape.slice(0, -2);
  const kept = [
    ...(flatA ? [] : product.type.shape.slice(-2, -1)),
    ...(flatB ? [] : product.type.shape.slice(-1)),
  ];
  return node.emit('reshape', [product], { shape: shapeAttribute([...shape, ...kept]) });
}

/**
 * With allowzero a 0 is a size of 0, not a copy: possible only for an empty tensor, which the shape attribute
 * can express by copies.
 */
function reshapeEmpty(node: NodeReader, wanted: readonly Dim[]): Value {
  if (!wanted.every(isStatic)) throw node.needsSizes(wanted);
  const { shape } = node.input(0).type;
  const count = shape.reduce<number>((p, dim) => p * Number(dim), 1);
  if (count !== 0 || !wanted.includes(0))
    throw new CompileError('onnx/input', `[${shape.join(',')}] does not reshape to [${wanted.join(',')}]`);
  return emptyLike(node, wanted as number[]);
}

/** A tensor without elements; a 0 in the shape attribute of a reshape would be a copy. */
function emptyLike(node: NodeReader, shape: readonly number[]): Value {
  return node.addConstant(fromNumbers(node.input(0).type.dtype, shape, []));
}
