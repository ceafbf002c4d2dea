import { numElements, randomTensor, type TensorType, toBytes } from '@ghostc/ir';
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
  const shape = [scale.length];
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
export const operatorCases: readonly OperatorCase[] = [...floatCases, ...layoutCases];

/** Seeded bytes of all inputs of a case, set after set. */
export function seededInputs({ spec }: OperatorCase, sets: number): Uint8Array[][] {
  const dtypes = { FLOAT32: 'f32', INT8: 'i8', UINT8: 'u8', INT16: 'i16' } as const;
  return Array.from({ length: sets }, (_, set) =>
    spec.inputs.map((place, i) => {
      const { type, shape } = spec.tensors[place] as TensorSpec;
      const dtype = dtypes[type as keyof typeof dtypes];
      const tensor = randomTensor({ dtype, shape }, 1000 * set + i + 1);
      // Wide enough to reach every clamp; the generator's floats lie in [-1, 1).
      if (dtype === 'f32')
        for (let k = 0; k < numElements(shape); k++) (tensor.data as Float32Array)[k]! *= 8;
      return toBytes(tensor.data);
    }),
  );
}
