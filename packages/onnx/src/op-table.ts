import { type Attrs, CompileError, type Dim, fromNumbers, isStatic, type Value } from '@ghostc/ir';
import { convAttributes } from './conv-attributes.ts';
import type { NodeReader } from './node-reader.ts';
import { quantizedTable } from './quantized-table.ts';
import { dtypeOf } from './tensor-proto.ts';
import { poolAttributes } from './window-attributes.ts';

/** Turns one ONNX node into IR nodes and gives the value of its first output. */
export type ReadOp = (node: NodeReader) => Value;

/** An op that maps one to one, without attributes. */
const plain =
  (op: string): ReadOp =>
  (node) =>
    node.emit(op, node.inputs());

/** Two or more inputs folded from the left. */
const variadic =
  (op: string): ReadOp =>
  (node) => {
    const [first, ...rest] = node.inputs();
    if (!first) throw new CompileError('onnx/input', `${node.op} needs an input`);
    return rest.reduce((sum, value) => node.emit(op, [sum, value]), first);
  };

const withAlpha =
  (op: string, alpha: number): ReadOp =>
  (node) =>
    node.emit(op, [node.input(0)], { alpha: node.float('alpha', alpha) });

const reduce =
  (op: string): ReadOp =>
  (node) => {
    const axes = node.has(1) ? node.numbers(1, 'axes') : (node.ints('axes') ?? []);
    if (axes.length === 0 && node.int('noop_with_empty_axes', 0) === 1)
      return node.emit('identity', [node.input(0)]);
    return node.emit(op, [node.input(0)], { axes, keepdims: node.int('keepdims', 1) === 1 });
  };

/** Every ONNX op that the reader knows, by op_type. */
export const opTable: ReadonlyMap<string, ReadOp> = new Map<string, ReadOp>([
  ...quantizedTable,
  ['Abs', plain('abs')],
  ['Add', plain('add')],
  [
    'AveragePool',
    (node) =>
      node.emit('average_pool', [node.input(0)], {
        ...poolAttributes(node),
        count_include_pad: node.int('count_include_pad', 0) === 1,
      }),
  ],
  [
    'BatchNormalization',
    (node) =>
      node.emit(
        'batch_norm',
        [0, 1, 2, 3, 4].map((i) => node.input(i)),
        { epsilon: node.float('epsilon', 1e-5) },
      ),
  ],
  ['Cast', (node) => node.emit('cast', [node.input(0)], { to: dtypeOf(node.int('to', 0)) })],
  ['Ceil', plain('ceil')],
  ['Clip', readClip],
  ['Concat', (node) => node.emit('concat', node.inputs(), { axis: node.int('axis', 1) })],
  ['Constant', readConstant],
  ['ConstantOfShape', readConstantOfShape],
  ['Conv', readConv],
  ['Div', plain('div')],
  ['Dropout', (node) => node.emit('dropout', [node.input(0)])],
  ['Elu', withAlpha('elu', 1)],
  ['Exp', plain('exp')],
  ['Flatten', readFlatten],
  ['Floor', plain('floor')],
  ['Gemm', readGemm],
  ['GlobalAveragePool', plain('global_average_pool')],
  ['GlobalMaxPool', (node) => node.emit('reduce_max', [node.input(0)], { axes: [2, 3], keepdims: true })],
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
  ['MatMul', plain('matmul')],
  ['Max', variadic('maximum')],
  ['MaxPool', (node) => node.emit('max_pool', [node.input(0)], poolAttributes(node))],
  ['Min', variadic('minimum')],
  ['Mul', plain('mul')],
  ['Neg', plain('neg')],
  ['PRelu', plain('prelu')],
  ['Pad', readPad],
  ['Pow', plain('pow')],
  ['Reciprocal', plain('reciprocal')],
  ['ReduceMax', reduce('reduce_max')],
  ['ReduceMean', reduce('reduce_mean')],
  ['ReduceMin', reduce('reduce_min')],
  ['ReduceSum', reduce('reduce_sum')],
  ['Relu', plain('relu')],
  ['Reshape', readReshape],
  ['Resize', readResize],
  ['Round', plain('round')],
  ['Sigmoid', plain('sigmoid')],
  ['Slice', readSlice],
  ['Softmax', readSoftmax],
  ['Softplus', plain('softplus')],
  ['Sqrt', plain('sqrt')],
  ['Squeeze', readSqueeze],
  ['Sub', plain('sub')],
  ['Sum', variadic('add')],
  ['Tanh', plain('tanh')],
  [
    'Transpose',
    (node) =>
      node.emit('transpose', [node.input(0)], {
        perm:
          node.ints('perm') ??
          node.input(0).type.shape.map((_, axis) => node.input(0).type.shape.length - 1 - axis),
      }),
  ],
  ['Unsqueeze', readUnsqueeze],
  ['Upsample', readUpsample],
]);

function readClip(node: NodeReader): Value {
  const bound = (index: number, name: string, fallback: number): number => {
    if (!node.has(index)) return node.float(name, fallback);
    return node.numbers(index, name)[0] ?? fallback;
  };
  return node.emit('clip', [node.input(0)], {
    min: bound(1, 'min', Number.NEGATIVE_INFINITY),
    max: bound(2, 'max', Number.POSITIVE_INFINITY),
  });
}

function readConstant(node: NodeReader): Value {
  const tensor = node.tensor('value');
  if (tensor) return node.addConstant(tensor);
  if (node.hasAttribute('value_float'))
    return node.addConstant(fromNumbers('f32', [], [node.float('value_float', 0)]));
  if (node.hasAttribute('value_int'))
    return node.addConstant(fromNumbers('i64', [], [node.int('value_int', 0)]));
  const [floats, ints] = [node.floats('value_floats'), node.ints('value_ints')];
  if (floats && node.hasAttribute('value_floats'))
    return node.addConstant(fromNumbers('f32', [floats.length], floats));
  if (ints && node.hasAttribute('value_ints'))
    return node.addConstant(fromNumbers('i64', [ints.length], ints));
  throw new CompileError(
    'onnx/unsupported',
    'Constant expects value, value_float(s) or value_int(s); sparse and string values are not supported',
  );
}

/** Larger fills are no shape arithmetic, and would let a few bytes ask for any amount of memory. */
const MAX_FILL = 2 ** 24;

function readConstantOfShape(node: NodeReader): Value {
  const shape = node.numbers(0, 'shape');
  const fill = node.tensor('value') ?? fromNumbers('f32', [1], [0]);
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (!(count >= 0 && count <= MAX_FILL))
    throw new CompileError(
      'onnx/too-large',
      `ConstantOfShape [${shape.join(',')}] expects at most ${MAX_FILL} elements`,
    );
  return node.addConstant(fromNumbers(fill.dtype, shape, new Float64Array(count).fill(Number(fill.data[0]))));
}

function readConv(node: NodeReader): Value {
  const [x, weight] = [node.input(0), node.input(1)];
  const { window, group, rank } = convAttributes(node, x, weight);
  if (rank === 1) return readConv1d(node, window, group);
  return node.emit('conv2d', [x, weight, node.optional(2)], { ...window, group });
}

/** A 1-d convolution is a 2-d one of height 1. */
function readConv1d(
  node: NodeReader,
  { strides, dilations, pads }: { strides: number[]; dilations: number[]; pads: number[] },
  group: number,
): Value {
  const [m = 1, c = 1, k = 1] = node.input(1).type.shape.map(Number);
  const x = node.emit('reshape', [node.input(0)], { shape: [0, 0, 1, -1] });
  const weight = node.emit('reshape', [node.input(1)], { shape: [m, c, 1, k] });
  const [before = 0, after = 0] = pads;
  const window = { strides: [1, ...strides], dilations: [1, ...dilations], pads: [0, before, 0, after] };
  const y = node.emit('conv2d', [x, weight, node.optional(2)], { ...window, group });
  return node.emit('reshape', [y], { shape: [0, 0, -1] });
}

function readGemm(node: NodeReader): Value {
  const attrs = {
    alpha: node.float('alpha', 1),
    beta: node.float('beta', 1),
    trans_a: node.int('transA', 0) === 1,
    trans_b: node.int('transB', 0) === 1,
  };
  return node.emit('gemm', [node.input(0), node.input(1), node.optional(2)], attrs);
}

function readPad(node: NodeReader): Value {
  const mode = node.expectText('mode', 'constant', ['constant', 'reflect', 'edge', 'wrap']);
  const given = node.has(1) ? node.numbers(1, 'pads') : (node.ints('pads') ?? node.ints('paddings') ?? []);
  const value = node.has(2) ? (node.numbers(2, 'constant_value')[0] ?? 0) : node.float('value', 0);
  const rank = node.input(0).type.shape.length;
  const pads = node.has(3) ? spread(given, node.numbers(3, 'axes'), rank) : given;
  if (pads.some((pad) => pad < 0))
    throw new CompileError('onnx/unsupported', `Pad with negative pads [${pads.join(',')}] is not supported`);
  return node.emit('pad', [node.input(0)], { pads, value, mode });
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
  const wish = node.has(1) ? node.dims(1, 'the shape') : (node.ints('shape') ?? []);
  if (node.int('allowzero', 0) === 1 && wish.includes(0))
    throw new CompileError('onnx/unsupported', 'Reshape with allowzero to an empty tensor is not supported');
  return node.emit('reshape', [x], { shape: staticWish(wish, x.type.shape) });
}

/** Symbolic dimensions of a target shape become 0 (copy) where the input has the same at that place, or the one -1. */
function staticWish(wish: readonly Dim[], from: readonly Dim[]): number[] {
  const shape = wish.map((dim, axis) => (isStatic(dim) ? dim : dim === from[axis] ? 0 : -1));
  if (shape.filter((dim) => dim === -1).length <= 1) return shape;
  throw new CompileError(
    'onnx/dynamic-shape',
    `cannot reshape to [${wish.join(',')}] while two sizes are unknown; give them with --bind NAME=SIZE`,
  );
}

function readFlatten(node: NodeReader): Value {
  const { shape } = node.input(0).type;
  const given = node.int('axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  if (axis === 1) return node.emit('reshape', [node.input(0)], { shape: [0, -1] });
  const outer = shape.slice(0, axis).reduce<number>((product, dim) => product * Number(dim), 1);
  return node.emit('reshape', [node.input(0)], {
    shape: Number.isNaN(outer)
      ? [-1, shape.slice(axis).reduce<number>((p, dim) => p * Number(dim), 1)]
      : [outer, -1],
  });
}

function readSqueeze(node: NodeReader): Value {
  const { shape } = node.input(0).type;
  const axes = node.has(1)
    ? node.numbers(1, 'axes')
    : (node.ints('axes') ?? shape.flatMap((dim, axis) => (dim === 1 ? [axis] : [])));
  const gone = new Set(axes.map((axis) => (axis < 0 ? axis + shape.length : axis)));
  for (const axis of gone)
    if (shape[axis] !== 1)
      throw new CompileError(
        'onnx/input',
        `Squeeze expects size 1 on axis ${axis}, found ${shape[axis] ?? 'no such axis'}`,
      );
  return node.emit('reshape', [node.input(0)], {
    shape: shapeAttribute(shape.filter((_, axis) => !gone.has(axis))),
  });
}

function readUnsqueeze(node: NodeReader): Value {
  const { shape } = node.input(0).type;
  const axes = node.has(1) ? node.numbers(1, 'axes') : (node.ints('axes') ?? []);
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const rest = [...shape];
  return node.emit('reshape', [node.input(0)], {
    shape: shapeAttribute(
      Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))),
    ),
  });
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
  const fromInputs = node.has(1);
  const starts = fromInputs ? node.numbers(1, 'starts') : (node.ints('starts') ?? []);
  const ends = fromInputs ? node.numbers(2, 'ends') : (node.ints('ends') ?? []);
  const axes =
    fromInputs && node.has(3) ? node.numbers(3, 'axes') : (node.ints('axes') ?? starts.map((_, i) => i));
  const steps = fromInputs && node.has(4) ? node.numbers(4, 'steps') : [];
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

function readResize(node: NodeReader): Value {
  const attrs = {
    mode: node.expectText('mode', 'nearest', ['nearest', 'linear']),
    coordinate_transformation_mode: node.expectText(
      'coordinate_transformation_mode',
      node.opset < 11 ? 'asymmetric' : 'half_pixel',
      ['asymmetric', 'half_pixel', 'pytorch_half_pixel', 'align_corners'],
    ),
    nearest_mode: node.expectText('nearest_mode', node.opset < 11 ? 'floor' : 'round_prefer_floor', [
      'floor',
      'ceil',
      'round_prefer_floor',
      'round_prefer_ceil',
    ]),
  };
  if (node.int('antialias', 0) === 1)
    throw new CompileError('onnx/unsupported', 'Resize with antialias is not supported');
  if (node.ints('axes')) throw new CompileError('onnx/unsupported', 'Resize with axes is not supported');
  if (node.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw new CompileError('onnx/unsupported', 'Resize that keeps the aspect ratio is not supported');
  const [scalesAt, sizesAt] = node.opset < 11 ? [1, 3] : [2, 3];
  const bySize = node.has(sizesAt) && node.dims(sizesAt, 'sizes').length > 0;
  const size: Attrs = bySize
    ? { sizes: node.numbers(sizesAt, 'sizes') }
    : { scales: node.numbers(scalesAt, 'scales') };
  return node.emit('resize', [node.input(0)], { ...size, ...attrs });
}

function readUpsample(node: NodeReader): Value {
  const scales = node.has(1) ? node.numbers(1, 'scales') : (node.floats('scales') ?? []);
  const mode = node.expectText('mode', 'nearest', ['nearest', 'linear']);
  return node.emit('resize', [node.input(0)], {
    scales,
    mode,
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}
