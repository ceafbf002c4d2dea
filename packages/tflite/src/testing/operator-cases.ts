import { randomTensor, type TensorType, toBytes } from '@ghostc/ir';
import type { Builder } from 'flatbuffers';
import { AddOptions } from '../generated/add-options.ts';
import { ConcatenationOptions } from '../generated/concatenation-options.ts';
import { Conv2DOptions } from '../generated/conv2-doptions.ts';
import { DepthToSpaceOptions } from '../generated/depth-to-space-options.ts';
import { DepthwiseConv2DOptions } from '../generated/depthwise-conv2-doptions.ts';
import { FullyConnectedOptions } from '../generated/fully-connected-options.ts';
import { LeakyReluOptions } from '../generated/leaky-relu-options.ts';
import { MirrorPadOptions } from '../generated/mirror-pad-options.ts';
import { MulOptions } from '../generated/mul-options.ts';
import { Pool2DOptions } from '../generated/pool2-doptions.ts';
import { ReducerOptions } from '../generated/reducer-options.ts';
import { ResizeBilinearOptions } from '../generated/resize-bilinear-options.ts';
import { ResizeNearestNeighborOptions } from '../generated/resize-nearest-neighbor-options.ts';
import { SoftmaxOptions } from '../generated/softmax-options.ts';
import { SpaceToDepthOptions } from '../generated/space-to-depth-options.ts';
import { SplitOptions } from '../generated/split-options.ts';
import { SqueezeOptions } from '../generated/squeeze-options.ts';
import { StridedSliceOptions } from '../generated/strided-slice-options.ts';
import { SubOptions } from '../generated/sub-options.ts';
import type { ModelSpec, OperatorSpec, TensorSpec } from './build-model.ts';

/** A small model around one or a few operators. */
export interface OperatorCase {
  readonly name: string;
  readonly spec: ModelSpec;
}

type Options = NonNullable<OperatorSpec['options']>;

/** One operator: its activations first, then its constants, then its outputs. */
interface Single {
  readonly name: string;
  readonly code: OperatorSpec['code'];
  readonly options?: Options;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

function single({ name, code, options, inputs, outputs }: Single): OperatorCase {
  const tensors = [...inputs, ...outputs];
  const places = (list: readonly TensorSpec[]): number[] => list.map((tensor) => tensors.indexOf(tensor));
  const operator = { code, inputs: places(inputs), outputs: places(outputs), ...(options && { options }) };
  return {
    name,
    spec: {
      tensors,
      operators: [operator],
      inputs: places(inputs.filter(({ data }) => !data)),
      outputs: places(outputs),
    },
  };
}

let serial = 0;
const named = (): string => `t${serial++}`;

const float = (...shape: number[]): TensorSpec => ({ name: named(), shape, type: 'FLOAT32' });

function floatConstant(seed: number, ...shape: number[]): TensorSpec {
  return { ...float(...shape), data: toBytes(randomTensor({ dtype: 'f32', shape }, seed).data) };
}

function integers(values: readonly number[], ...shape: number[]): TensorSpec {
  const dims = shape.length ? shape : [values.length];
  return { name: named(), shape: dims, type: 'INT32', data: toBytes(Int32Array.from(values)) };
}

/** Per-tensor quantised activation. */
const int8 = (shape: readonly number[], scale: number, zeroPoint: number): TensorSpec => ({
  name: named(),
  shape,
  type: 'INT8',
  scale: [Math.fround(scale)],
  zeroPoint: [zeroPoint],
});

const uint8 = (shape: readonly number[], scale: number, zeroPoint: number): TensorSpec => ({
  ...int8(shape, scale, zeroPoint),
  type: 'UINT8',
});

/** Symmetric int8 weights, one scale a slice along `axis`. */
function int8Weights(seed: number, shape: readonly number[], axis: number): TensorSpec {
  const channels = shape[axis] ?? 1;
  const scale = Array.from({ length: channels }, (_, m) => Math.fround(0.004 + 0.0007 * m));
  const data = toBytes(randomTensor({ dtype: 'i8', shape }, seed).data);
  return { name: named(), shape, type: 'INT8', data, scale, zeroPoint: scale.map(() => 0), axis };
}

/** int32 bias with scale x_scale * w_scale[m]. */
function int32Bias(seed: number, xScale: number, weights: TensorSpec): TensorSpec {
  const scale = (weights.scale ?? []).map((s) => Math.fround(Math.fround(xScale) * s));
  const shape = [weights.shape[weights.axis ?? 0] ?? 1];
  const type: TensorType = { dtype: 'i32', shape };
  const data = toBytes(randomTensor(type, seed).data);
  return { name: named(), shape, type: 'INT32', data, scale, zeroPoint: scale.map(() => 0) };
}

const conv = (
  padding: number,
  [h, w]: readonly number[],
  more: { act?: number; dilation?: number } = {},
): Options => ({
  kind: 'Conv2DOptions',
  write: (b) =>
    Conv2DOptions.createConv2DOptions(
      b,
      padding,
      w ?? 1,
      h ?? 1,
      more.act ?? 0,
      more.dilation ?? 1,
      more.dilation ?? 1,
    ),
});

const depthwise = (
  padding: number,
  multiplier: number,
  more: { stride?: number; act?: number; dilation?: number } = {},
): Options => ({
  kind: 'DepthwiseConv2DOptions',
  write: (b) =>
    DepthwiseConv2DOptions.createDepthwiseConv2DOptions(
      b,
      padding,
      more.stride ?? 1,
      more.stride ?? 1,
      multiplier,
      more.act ?? 0,
      more.dilation ?? 1,
      more.dilation ?? 1,
    ),
});

const pool = (
  padding: number,
  stride: readonly [number, number],
  filter: readonly [number, number],
  act = 0,
): Options => ({
  kind: 'Pool2DOptions',
  write: (b) =>
    Pool2DOptions.createPool2DOptions(b, padding, stride[1], stride[0], filter[1], filter[0], act),
});

const simple = (kind: Options['kind'], write: (b: Builder) => number): Options => ({ kind, write });
const add = (act = 0): Options => simple('AddOptions', (b) => AddOptions.createAddOptions(b, act, true));
const sub = (act = 0): Options => simple('SubOptions', (b) => SubOptions.createSubOptions(b, act, true));
const mul = (act = 0): Options => simple('MulOptions', (b) => MulOptions.createMulOptions(b, act));
const linear = (act = 0, keep = false): Options =>
  simple('FullyConnectedOptions', (b) => FullyConnectedOptions.createFullyConnectedOptions(b, act, 0, keep));
const softmax = (beta: number): Options =>
  simple('SoftmaxOptions', (b) => SoftmaxOptions.createSoftmaxOptions(b, beta));
const reducer = (keep: boolean): Options =>
  simple('ReducerOptions', (b) => ReducerOptions.createReducerOptions(b, keep));
const concatenation = (axis: number, act = 0): Options =>
  simple('ConcatenationOptions', (b) => ConcatenationOptions.createConcatenationOptions(b, axis, act));
const leaky = (alpha: number): Options =>
  simple('LeakyReluOptions', (b) => LeakyReluOptions.createLeakyReluOptions(b, alpha));
const bilinear = (align: boolean, half: boolean): Options =>
  simple('ResizeBilinearOptions', (b) => ResizeBilinearOptions.createResizeBilinearOptions(b, align, half));
const nearest = (align: boolean, half: boolean): Options =>
  simple('ResizeNearestNeighborOptions', (b) =>
    ResizeNearestNeighborOptions.createResizeNearestNeighborOptions(b, align, half),
  );
const stridedSlice = (begin: number, end: number, shrink: number): Options =>
  simple('StridedSliceOptions', (b) =>
    StridedSliceOptions.createStridedSliceOptions(b, begin, end, 0, 0, shrink, false),
  );

const SAME = 0;
const VALID = 1;
const RELU = 1;
const RELU6 = 3;

const floatCases: readonly OperatorCase[] = [
  single({
    name: 'conv/same-asymmetric-stride-2',
    code: 'CONV_2D',
    options: conv(SAME, [2, 2], { act: RELU }),
    inputs: [float(1, 8, 7, 3), floatConstant(1, 5, 3, 4, 3), floatConstant(2, 5)],
    outputs: [float(1, 4, 4, 5)],
  }),
  single({
    name: 'conv/valid-dilation-2',
    code: 'CONV_2D',
    options: conv(VALID, [1, 1], { dilation: 2, act: RELU6 }),
    inputs: [float(2, 7, 8, 2), floatConstant(3, 4, 3, 3, 2), floatConstant(4, 4)],
    outputs: [float(2, 3, 4, 4)],
  }),
  single({
    name: 'conv/same-dilation-2',
    code: 'CONV_2D',
    options: conv(SAME, [1, 1], { dilation: 2 }),
    inputs: [float(1, 6, 5, 2), floatConstant(5, 3, 3, 3, 2), floatConstant(6, 3)],
    outputs: [float(1, 6, 5, 3)],
  }),
  single({
    name: 'conv/groups',
    code: 'CONV_2D',
    options: conv(SAME, [1, 1]),
    inputs: [float(1, 5, 5, 4), floatConstant(7, 6, 3, 3, 2), floatConstant(8, 6)],
    outputs: [float(1, 5, 5, 6)],
  }),
  single({
    name: 'depthwise/multiplier-2',
    code: 'DEPTHWISE_CONV_2D',
    options: depthwise(SAME, 2, { stride: 2, act: RELU }),
    inputs: [float(1, 7, 6, 3), floatConstant(9, 1, 3, 3, 6), floatConstant(10, 6)],
    outputs: [float(1, 4, 3, 6)],
  }),
  single({
    name: 'depthwise/dilation-2',
    code: 'DEPTHWISE_CONV_2D',
    options: depthwise(VALID, 1, { dilation: 2 }),
    inputs: [float(1, 7, 6, 3), floatConstant(11, 1, 3, 2, 3), floatConstant(12, 3)],
    outputs: [float(1, 3, 4, 3)],
  }),
  single({
    name: 'fully-connected/image',
    code: 'FULLY_CONNECTED',
    options: linear(RELU),
    inputs: [float(2, 2, 2, 3), floatConstant(13, 4, 12), floatConstant(14, 4)],
    outputs: [float(2, 4)],
  }),
  single({
    name: 'fully-connected/keep-dims',
    code: 'FULLY_CONNECTED',
    options: linear(0, true),
    inputs: [float(2, 3, 5), floatConstant(15, 4, 5), floatConstant(16, 4)],
    outputs: [float(2, 3, 4)],
  }),
  single({
    name: 'add/broadcast-channels',
    code: 'ADD',
    options: add(RELU6),
    inputs: [float(1, 3, 4, 5), floatConstant(17, 5)],
    outputs: [float(1, 3, 4, 5)],
  }),
  single({
    name: 'sub/broadcast-both',
    code: 'SUB',
    options: sub(),
    inputs: [float(1, 3, 1, 5), float(1, 1, 4, 5)],
    outputs: [float(1, 3, 4, 5)],
  }),
  single({
    name: 'mul/scalar',
    code: 'MUL',
    options: mul(),
    inputs: [float(2, 3), floatConstant(18, 1)],
    outputs: [float(2, 3)],
  }),
  single({
    name: 'average-pool/same',
    code: 'AVERAGE_POOL_2D',
    options: pool(SAME, [2, 2], [3, 3]),
    inputs: [float(1, 6, 5, 2)],
    outputs: [float(1, 3, 3, 2)],
  }),
  single({
    name: 'max-pool/same-relu',
    code: 'MAX_POOL_2D',
    options: pool(SAME, [2, 1], [3, 2], RELU),
    inputs: [float(1, 6, 5, 2)],
    outputs: [float(1, 3, 5, 2)],
  }),
  single({
    name: 'mean/spatial',
    code: 'MEAN',
    options: reducer(false),
    inputs: [float(2, 3, 4, 5), integers([1, 2])],
    outputs: [float(2, 5)],
  }),
  single({
    name: 'mean/channels-keep',
    code: 'MEAN',
    options: reducer(true),
    inputs: [float(2, 3, 4, 5), integers([-1])],
    outputs: [float(2, 3, 4, 1)],
  }),
  single({
    name: 'sum/rows',
    code: 'SUM',
    options: reducer(false),
    inputs: [float(2, 3, 4), integers([1])],
    outputs: [float(2, 4)],
  }),
  single({
    name: 'pad/image',
    code: 'PAD',
    inputs: [float(1, 3, 4, 2), integers([0, 0, 1, 2, 0, 1, 0, 3], 4, 2)],
    outputs: [float(1, 6, 5, 5)],
  }),
  single({
    name: 'padv2/value',
    code: 'PADV2',
    inputs: [float(1, 3, 4, 2), integers([0, 0, 1, 0, 0, 1, 0, 0], 4, 2), floatConstant(19, 1)],
    outputs: [float(1, 4, 5, 2)],
  }),
  single({
    name: 'mirror-pad/reflect',
    code: 'MIRROR_PAD',
    options: simple('MirrorPadOptions', (b) => MirrorPadOptions.createMirrorPadOptions(b, 0)),
    inputs: [float(1, 3, 4, 2), integers([0, 0, 2, 1, 1, 2, 0, 0], 4, 2)],
    outputs: [float(1, 6, 7, 2)],
  }),
  single({
    name: 'reshape',
    code: 'RESHAPE',
    inputs: [float(1, 3, 4, 2), integers([2, 12])],
    outputs: [float(2, 12)],
  }),
  single({
    name: 'squeeze',
    code: 'SQUEEZE',
    options: simple('SqueezeOptions', (b) => SqueezeOptions.createSqueezeOptions(b, 0)),
    inputs: [float(1, 3, 1, 2)],
    outputs: [float(3, 2)],
  }),
  single({
    name: 'expand-dims',
    code: 'EXPAND_DIMS',
    inputs: [float(3, 2), integers([1])],
    outputs: [float(3, 1, 2)],
  }),
  single({
    name: 'concat/channels',
    code: 'CONCATENATION',
    options: concatenation(-1),
    inputs: [float(1, 2, 3, 2), float(1, 2, 3, 4)],
    outputs: [float(1, 2, 3, 6)],
  }),
  single({
    name: 'softmax/beta',
    code: 'SOFTMAX',
    options: softmax(0.5),
    inputs: [float(2, 7)],
    outputs: [float(2, 7)],
  }),
  single({
    name: 'softmax/image',
    code: 'SOFTMAX',
    options: softmax(1),
    inputs: [float(1, 2, 3, 4)],
    outputs: [float(1, 2, 3, 4)],
  }),
  ...(
    [
      'LOGISTIC',
      'TANH',
      'HARD_SWISH',
      'RELU',
      'RELU6',
      'RELU_N1_TO_1',
      'ABS',
      'NEG',
      'EXP',
      'FLOOR',
      'SQUARE',
    ] as const
  ).map((code) =>
    single({
      name: `unary/${code.toLowerCase()}`,
      code,
      inputs: [float(1, 2, 3, 4)],
      outputs: [float(1, 2, 3, 4)],
    }),
  ),
  single({
    name: 'leaky-relu',
    code: 'LEAKY_RELU',
    options: leaky(0.2),
    inputs: [float(2, 9)],
    outputs: [float(2, 9)],
  }),
  single({
    name: 'prelu/channels',
    code: 'PRELU',
    inputs: [float(1, 3, 2, 4), floatConstant(20, 1, 1, 4)],
    outputs: [float(1, 3, 2, 4)],
  }),
  single({
    name: 'maximum',
    code: 'MAXIMUM',
    inputs: [float(1, 3, 2, 4), float(1, 3, 2, 4)],
    outputs: [float(1, 3, 2, 4)],
  }),
  ...[
    { name: 'asymmetric', align: false, half: false },
    { name: 'align', align: true, half: false },
    { name: 'half-pixel', align: false, half: true },
  ].flatMap(({ name, align, half }) => [
    single({
      name: `bilinear/${name}`,
      code: 'RESIZE_BILINEAR',
      options: bilinear(align, half),
      inputs: [float(1, 4, 5, 2), integers([7, 3])],
      outputs: [float(1, 7, 3, 2)],
    }),
    single({
      name: `nearest/${name}`,
      code: 'RESIZE_NEAREST_NEIGHBOR',
      options: nearest(align, half),
      inputs: [float(1, 4, 5, 2), integers([7, 3])],
      outputs: [float(1, 7, 3, 2)],
    }),
  ]),
  single({
    name: 'slice',
    code: 'SLICE',
    inputs: [float(1, 4, 5, 3), integers([0, 1, 2, 0]), integers([1, 2, -1, 2])],
    outputs: [float(1, 2, 3, 2)],
  }),
  single({
    name: 'strided-slice/masks',
    code: 'STRIDED_SLICE',
    options: stridedSlice(1, 2, 0),
    inputs: [float(1, 5, 6, 3), integers([0, -4, 0, 0]), integers([1, 0, 6, 3]), integers([1, 2, 3, 1])],
    outputs: [float(1, 2, 2, 3)],
  }),
  single({
    name: 'strided-slice/reverse-and-shrink',
    code: 'STRIDED_SLICE',
    options: stridedSlice(0, 1, 4),
    inputs: [float(4, 5, 6), integers([-1, 3, -2]), integers([0, 1, 0]), integers([-1, -1, 1])],
    outputs: [float(4, 2)],
  }),
  single({
    name: 'transpose',
    code: 'TRANSPOSE',
    inputs: [float(2, 3, 4), integers([2, 0, 1])],
    outputs: [float(4, 2, 3)],
  }),
  single({
    name: 'split',
    code: 'SPLIT',
    options: simple('SplitOptions', (b) => SplitOptions.createSplitOptions(b, 2)),
    inputs: [{ ...integers([3]), shape: [] }, float(1, 2, 3, 4)],
    outputs: [float(1, 2, 3, 2), float(1, 2, 3, 2)],
  }),
  single({
    name: 'depth-to-space',
    code: 'DEPTH_TO_SPACE',
    options: simple('DepthToSpaceOptions', (b) => DepthToSpaceOptions.createDepthToSpaceOptions(b, 2)),
    inputs: [float(1, 2, 3, 8)],
    outputs: [float(1, 4, 6, 2)],
  }),
  single({
    name: 'space-to-depth',
    code: 'SPACE_TO_DEPTH',
    options: simple('SpaceToDepthOptions', (b) => SpaceToDepthOptions.createSpaceToDepthOptions(b, 2)),
    inputs: [float(1, 4, 6, 2)],
    outputs: [float(1, 2, 3, 8)],
  }),
];

const X: readonly [number, number] = [0.05, -3];
const table = (
  name: string,
  code: OperatorSpec['code'],
  [scale, zero]: readonly [number, number],
  options?: Options,
): OperatorCase[] =>
  // Coarse, so that both ends saturate, and fine, so that the middle is sampled.
  [0.08, 0.01].map((inputScale) =>
    single({
      name: `int8/${name}-${inputScale}`,
      code,
      ...(options && { options }),
      inputs: [int8([1, 256], inputScale, 5)],
      outputs: [int8([1, 256], scale, zero)],
    }),
  );

function quantizedConv(
  name: string,
  [padding, stride, filter]: readonly [number, readonly [number, number], readonly number[]],
  act = 0,
): OperatorCase {
  const [m = 1, , , channels = 1] = filter;
  const weights = int8Weights(m, filter, 0);
  const size = (length: number, axis: 0 | 1): number => {
    const reach = filter[axis + 1] ?? 1;
    return padding === SAME
      ? Math.ceil(length / stride[axis])
      : Math.floor((length - reach) / stride[axis]) + 1;
  };
  return single({
    name: `int8/conv-${name}`,
    code: 'CONV_2D',
    options: conv(padding, stride, { act }),
    inputs: [int8([1, 9, 8, channels], ...X), weights, int32Bias(7, X[0], weights)],
    outputs: [int8([1, size(9, 0), size(8, 1), m], 0.11, 11)],
  });
}

function quantizedDepthwise(
  name: string,
  multiplier: number,
  more: Parameters<typeof depthwise>[2],
): OperatorCase {
  const weights = int8Weights(3, [1, 3, 3, 3 * multiplier], 3);
  const stride = more?.stride ?? 1;
  return single({
    name: `int8/depthwise-${name}`,
    code: 'DEPTHWISE_CONV_2D',
    options: depthwise(SAME, multiplier, more),
    inputs: [int8([1, 9, 8, 3], ...X), weights, int32Bias(8, X[0], weights)],
    outputs: [int8([1, Math.ceil(9 / stride), Math.ceil(8 / stride), 3 * multiplier], 0.05, -20)],
  });
}

function quantizedLinear(name: string, weights: TensorSpec, act = 0): OperatorCase {
  return single({
    name: `int8/fully-connected-${name}`,
    code: 'FULLY_CONNECTED',
    options: linear(act),
    inputs: [int8([3, 20], ...X), weights, int32Bias(9, X[0], weights)],
    outputs: [int8([3, 6], 0.07, 4)],
  });
}

const oneScale = (seed: number, shape: readonly number[]): TensorSpec => ({
  ...int8Weights(seed, shape, 0),
  scale: [Math.fround(0.0123)],
  zeroPoint: [0],
});

const image = (scale = X[0], zero = X[1]): TensorSpec => int8([1, 5, 6, 4], scale, zero);

const quantizedCases: readonly OperatorCase[] = [
  quantizedConv('same-stride-2', [SAME, [2, 2], [5, 3, 4, 3]]),
  quantizedConv('valid-relu6', [VALID, [1, 2], [4, 3, 3, 2]], RELU6),
  quantizedConv('pointwise-relu', [SAME, [1, 1], [9, 1, 1, 6]], RELU),
  quantizedDepthwise('relu', 1, { act: RELU }),
  quantizedDepthwise('multiplier-2-stride-2', 2, { stride: 2 }),
  quantizedDepthwise('dilation-2', 1, { dilation: 2 }),
  quantizedLinear('one-scale', oneScale(11, [6, 20])),
  quantizedLinear('relu', oneScale(12, [6, 20]), RELU),
  quantizedLinear('channels', int8Weights(13, [6, 20], 0)),
  single({
    name: 'int8/add',
    code: 'ADD',
    options: add(),
    inputs: [image(), image(0.031, 17)],
    outputs: [image(0.06, -1)],
  }),
  single({
    name: 'int8/add-relu-broadcast',
    code: 'ADD',
    options: add(RELU),
    inputs: [image(), int8([1, 1, 1, 4], 0.02, -9)],
    outputs: [image(0.04, -90)],
  }),
  single({
    name: 'int8/sub',
    code: 'SUB',
    options: sub(),
    inputs: [image(), image(0.017, -128)],
    outputs: [image(0.052, 60)],
  }),
  single({
    name: 'int8/mul',
    code: 'MUL',
    options: mul(),
    inputs: [image(), image(0.031, 17)],
    outputs: [image(0.09, 3)],
  }),
  single({
    name: 'int8/mul-relu6-broadcast',
    code: 'MUL',
    options: mul(RELU6),
    inputs: [image(), int8([1, 1, 1, 4], 1 / 256, -128)],
    outputs: [image(0.03, -128)],
  }),
  single({
    name: 'int8/average-pool',
    code: 'AVERAGE_POOL_2D',
    options: pool(SAME, [2, 2], [3, 3]),
    inputs: [image()],
    outputs: [int8([1, 3, 3, 4], ...X)],
  }),
  single({
    name: 'int8/average-pool-relu',
    code: 'AVERAGE_POOL_2D',
    options: pool(VALID, [1, 1], [2, 3], RELU),
    inputs: [image()],
    outputs: [int8([1, 4, 4, 4], ...X)],
  }),
  single({
    name: 'int8/max-pool',
    code: 'MAX_POOL_2D',
    options: pool(SAME, [2, 2], [3, 3]),
    inputs: [image()],
    outputs: [int8([1, 3, 3, 4], ...X)],
  }),
  single({
    name: 'int8/max-pool-relu6',
    code: 'MAX_POOL_2D',
    options: pool(SAME, [2, 1], [2, 2], RELU6),
    inputs: [image()],
    outputs: [int8([1, 3, 6, 4], ...X)],
  }),
  single({
    name: 'int8/mean-spatial',
    code: 'MEAN',
    options: reducer(true),
    inputs: [image(), integers([1, 2])],
    outputs: [int8([1, 1, 1, 4], 0.021, -7)],
  }),
  single({
    name: 'int8/mean-spatial-same-scale',
    code: 'MEAN',
    options: reducer(false),
    inputs: [image(), integers([1, 2])],
    outputs: [int8([1, 4], ...X)],
  }),
  single({
    name: 'int8/mean-channels',
    code: 'MEAN',
    options: reducer(false),
    inputs: [image(), integers([3])],
    outputs: [int8([1, 5, 6], 0.03, 9)],
  }),
  single({
    name: 'int8/mean-rows',
    code: 'MEAN',
    options: reducer(true),
    inputs: [image(), integers([1])],
    outputs: [int8([1, 1, 6, 4], 0.03, 9)],
  }),
  single({
    name: 'int8/pad',
    code: 'PAD',
    inputs: [image(), integers([0, 0, 1, 2, 0, 1, 0, 3], 4, 2)],
    outputs: [int8([1, 8, 7, 7], ...X)],
  }),
  single({
    name: 'int8/concat',
    code: 'CONCATENATION',
    options: concatenation(3),
    inputs: [image(), image()],
    outputs: [int8([1, 5, 6, 8], ...X)],
  }),
  single({
    name: 'int8/softmax',
    code: 'SOFTMAX',
    options: softmax(1),
    inputs: [int8([8, 17], 0.09, 20)],
    outputs: [int8([8, 17], 1 / 256, -128)],
  }),
  single({
    name: 'int8/softmax-beta',
    code: 'SOFTMAX',
    options: softmax(0.7),
    inputs: [int8([8, 17], 0.31, -20)],
    outputs: [int8([8, 17], 1 / 256, -128)],
  }),
  ...table('logistic', 'LOGISTIC', [1 / 256, -128]),
  ...table('tanh', 'TANH', [1 / 128, 0]),
  ...table('hard-swish', 'HARD_SWISH', [0.06, -120]),
  ...table('leaky-relu', 'LEAKY_RELU', [0.05, -30], leaky(0.1)),
  ...table('relu', 'RELU', [0.03, -128]),
  ...table('relu6', 'RELU6', [0.04, -100]),
  ...table('relu-n1-to-1', 'RELU_N1_TO_1', [0.01, 3]),
  ...table('exp', 'EXP', [0.2, -128]),
  ...table('requantize', 'QUANTIZE', [0.033, 12]),
  single({
    name: 'int8/requantize-from-uint8',
    code: 'QUANTIZE',
    inputs: [uint8([1, 256], 0.05, 125)],
    outputs: [int8([1, 256], 0.05, -3)],
  }),
  single({
    name: 'int8/quantize',
    code: 'QUANTIZE',
    inputs: [float(1, 300)],
    outputs: [int8([1, 300], 0.07, 11)],
  }),
  single({
    name: 'int8/dequantize',
    code: 'DEQUANTIZE',
    inputs: [int8([1, 256], 0.07, 11)],
    outputs: [float(1, 256)],
  }),
  ...[
    { name: 'asymmetric', align: false, half: false },
    { name: 'align', align: true, half: false },
    { name: 'half-pixel', align: false, half: true },
  ].flatMap(({ name, align, half }) => [
    single({
      name: `int8/bilinear-${name}`,
      code: 'RESIZE_BILINEAR',
      options: bilinear(align, half),
      inputs: [image(), integers([9, 4])],
      outputs: [int8([1, 9, 4, 4], ...X)],
    }),
    single({
      name: `int8/nearest-${name}`,
      code: 'RESIZE_NEAREST_NEIGHBOR',
      options: nearest(align, half),
      inputs: [image(), integers([9, 4])],
      outputs: [int8([1, 9, 4, 4], ...X)],
    }),
  ]),
];

const int16 = (shape: readonly number[], scale: number): TensorSpec => ({
  ...int8(shape, scale, 0),
  type: 'INT16',
});

/** int64 bias beside 16-bit activations. */
function int64Bias(seed: number, xScale: number, weights: TensorSpec): TensorSpec {
  const { data, ...bias } = int32Bias(seed, xScale, weights);
  const values = new Int32Array((data as Uint8Array).slice().buffer);
  return { ...bias, type: 'INT64', data: toBytes(BigInt64Array.from(values, BigInt)) };
}

function wideConv(weights: TensorSpec): OperatorCase {
  return single({
    name: 'int16x8/conv',
    code: 'CONV_2D',
    options: conv(SAME, [2, 1], { act: RELU }),
    inputs: [int16([1, 6, 5, 3], 0.0004), weights, int64Bias(17, 0.0004, weights)],
    outputs: [int16([1, 3, 5, 4], 0.002)],
  });
}

function wideDepthwise(weights: TensorSpec): OperatorCase {
  return single({
    name: 'int16x8/depthwise',
    code: 'DEPTHWISE_CONV_2D',
    options: depthwise(SAME, 1),
    inputs: [int16([1, 6, 5, 3], 0.0004), weights, int64Bias(18, 0.0004, weights)],
    outputs: [int16([1, 6, 5, 3], 0.0015)],
  });
}

const wideCases: readonly OperatorCase[] = [
  wideConv(int8Weights(14, [4, 3, 3, 3], 0)),
  wideDepthwise(int8Weights(15, [1, 3, 3, 3], 3)),
  single({
    name: 'int16x8/average-pool',
    code: 'AVERAGE_POOL_2D',
    options: pool(SAME, [2, 2], [3, 3]),
    inputs: [int16([1, 5, 6, 4], 0.001)],
    outputs: [int16([1, 3, 3, 4], 0.001)],
  }),
  single({
    name: 'int16x8/mul',
    code: 'MUL',
    options: mul(),
    inputs: [int16([1, 5, 6, 4], 0.001), int16([1, 5, 6, 4], 0.0003)],
    outputs: [int16([1, 5, 6, 4], 0.008)],
  }),
  single({
    name: 'int16x8/add',
    code: 'ADD',
    options: simple('AddOptions', (b) => AddOptions.createAddOptions(b, 0, false)),
    inputs: [int16([1, 5, 6, 4], 0.001), int16([1, 5, 6, 4], 0.0003)],
    outputs: [int16([1, 5, 6, 4], 0.0012)],
  }),
  single({
    name: 'int16x8/mean',
    code: 'MEAN',
    options: reducer(true),
    inputs: [int16([1, 5, 6, 4], 0.001), integers([1, 2])],
    outputs: [int16([1, 1, 1, 4], 0.0007)],
  }),
  single({
    name: 'int16x8/quantize',
    code: 'QUANTIZE',
    inputs: [float(1, 300)],
    outputs: [int16([1, 300], 0.0002)],
  }),
];

/** An image behind a convolution, so that it is NCHW where the operator under test reads it. */
function behindConv(
  name: string,
  operator: Omit<Single, 'name' | 'inputs'> & { inputs: readonly TensorSpec[] },
): OperatorCase {
  const image = float(1, 4, 6, 3);
  const conved = float(1, 4, 6, 8);
  const tensors = [
    image,
    floatConstant(30, 8, 3, 3, 3),
    floatConstant(31, 8),
    conved,
    ...operator.inputs,
    ...operator.outputs,
  ];
  const places = (list: readonly TensorSpec[]): number[] => list.map((tensor) => tensors.indexOf(tensor));
  const { code, options } = operator;
  const constants = places(operator.inputs);
  return {
    name: `behind-conv/${name}`,
    spec: {
      tensors,
      operators: [
        { code: 'CONV_2D', inputs: [0, 1, 2], outputs: [3], options: conv(SAME, [1, 1]) },
        {
          code,
          inputs: code === 'SPLIT' ? [...constants, 3] : [3, ...constants],
          outputs: places(operator.outputs),
          ...(options && { options }),
        },
      ],
      inputs: [0],
      outputs: places(operator.outputs),
    },
  };
}

const layoutCases: readonly OperatorCase[] = [
  behindConv('reshape', { code: 'RESHAPE', inputs: [integers([6, 32])], outputs: [float(6, 32)] }),
  behindConv('transpose', {
    code: 'TRANSPOSE',
    inputs: [integers([0, 2, 3, 1])],
    outputs: [float(1, 6, 8, 4)],
  }),
  behindConv('transpose-to-nchw', {
    code: 'TRANSPOSE',
    inputs: [integers([0, 3, 1, 2])],
    outputs: [float(1, 8, 4, 6)],
  }),
  behindConv('mean-channels', {
    code: 'MEAN',
    options: reducer(false),
    inputs: [integers([3])],
    outputs: [float(1, 4, 6)],
  }),
  behindConv('mean-rows', {
    code: 'MEAN',
    options: reducer(false),
    inputs: [integers([1])],
    outputs: [float(1, 6, 8)],
  }),
  behindConv('mean-image', {
    code: 'MEAN',
    options: reducer(false),
    inputs: [integers([1, 2])],
    outputs: [float(1, 8)],
  }),
  behindConv('sum-all-but-rows', {
    code: 'SUM',
    options: reducer(false),
    inputs: [integers([0, 2, 3])],
    outputs: [float(4)],
  }),
  behindConv('add-channels', {
    code: 'ADD',
    options: add(),
    inputs: [floatConstant(32, 8)],
    outputs: [float(1, 4, 6, 8)],
  }),
  behindConv('mul-columns', {
    code: 'MUL',
    options: mul(),
    inputs: [floatConstant(33, 6, 1)],
    outputs: [float(1, 4, 6, 8)],
  }),
  behindConv('prelu', { code: 'PRELU', inputs: [floatConstant(34, 1, 1, 8)], outputs: [float(1, 4, 6, 8)] }),
  behindConv('softmax', { code: 'SOFTMAX', options: softmax(2), inputs: [], outputs: [float(1, 4, 6, 8)] }),
  behindConv('pad-channels', {
    code: 'PAD',
    inputs: [integers([0, 0, 1, 2, 3, 4, 5, 6], 4, 2)],
    outputs: [float(1, 7, 13, 19)],
  }),
  behindConv('strided-slice-shrink', {
    code: 'STRIDED_SLICE',
    options: stridedSlice(0, 0, 2),
    inputs: [integers([0, 2, 1, 1]), integers([1, 3, 5, 7]), integers([1, 1, 2, 3])],
    outputs: [float(1, 2, 2)],
  }),
  behindConv('split-channels', {
    code: 'SPLIT',
    options: simple('SplitOptions', (b) => SplitOptions.createSplitOptions(b, 2)),
    inputs: [{ ...integers([-1]), shape: [] }],
    outputs: [float(1, 4, 6, 4), float(1, 4, 6, 4)],
  }),
  behindConv('fully-connected', {
    code: 'FULLY_CONNECTED',
    options: linear(),
    inputs: [floatConstant(35, 3, 192), floatConstant(36, 3)],
    outputs: [float(1, 3)],
  }),
  behindConv('depth-to-space', {
    code: 'DEPTH_TO_SPACE',
    options: simple('DepthToSpaceOptions', (b) => DepthToSpaceOptions.createDepthToSpaceOptions(b, 2)),
    inputs: [],
    outputs: [float(1, 8, 12, 2)],
  }),
];

/** Every case: TFLite's reference kernels run each of them. */
export const operatorCases: readonly OperatorCase[] = [
  ...floatCases,
  ...quantizedCases,
  ...wideCases,
  ...layoutCases,
];

/** Seeded bytes of all inputs of a case, set after set. */
export function caseInputs({ spec }: OperatorCase, sets: number): Uint8Array[][] {
  return Array.from({ length: sets }, (_, set) =>
    spec.inputs.map((place, i) => seededBytes(spec.tensors[place] as TensorSpec, 1000 * set + i + 1)),
  );
}

/** Floats in [-8, 8), so that clamps are reached; integers of the whole type, each once where there are 256. */
function seededBytes({ type, shape }: TensorSpec, seed: number): Uint8Array {
  const uniform = randomTensor({ dtype: 'f32', shape }, seed).data as Float32Array;
  if (type === 'FLOAT32') return toBytes(uniform.map((v) => 8 * v));
  if (type === 'INT16') return toBytes(Int16Array.from(uniform, (v) => Math.floor(32768 * v)));
  if (type !== 'INT8' && type !== 'UINT8') throw new Error(`no seeded inputs of ${type}`);
  return Uint8Array.from(uniform, (v, i) => (uniform.length === 256 ? i : Math.floor(128 * (v + 1))));
}
