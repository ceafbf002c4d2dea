import { toBytes } from '@ghostc/ir';
import type { OperatorOptions, OperatorSpec, TensorSpec } from '../encode-model.ts';
import {
  add,
  concatenation,
  conv,
  depthwise,
  gather,
  leaky,
  linear,
  mul,
  pack,
  pool,
  RELU,
  RELU6,
  reducer,
  SAME,
  softmax,
  sub,
  VALID,
} from '../operator-options.ts';
import {
  float,
  int8,
  int8Weights,
  int16,
  int32Bias,
  integers,
  type OperatorCase,
  resizeCases,
  rows,
  single,
  uint8,
} from './operator-case.ts';

const X: readonly [number, number] = [0.05, -3];
const table = (
  name: string,
  code: OperatorSpec['code'],
  [scale, zero]: readonly [number, number],
  options?: OperatorOptions,
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
  const [stride = 1] = more?.strides ?? [];
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

/** One for each channel. */
const slopes: TensorSpec = { ...oneScale(16, [1, 1, 4]), scale: [Math.fround(0.006)], zeroPoint: [-41] };

export const quantizedCases: readonly OperatorCase[] = [
  quantizedConv('same-stride-2', [SAME, [2, 2], [5, 3, 4, 3]]),
  quantizedConv('valid-relu6', [VALID, [1, 2], [4, 3, 3, 2]], RELU6),
  quantizedConv('pointwise-relu', [SAME, [1, 1], [9, 1, 1, 6]], RELU),
  quantizedDepthwise('relu', 1, { act: RELU }),
  quantizedDepthwise('multiplier-2-stride-2', 2, { strides: [2, 2] }),
  quantizedDepthwise('dilation-2', 1, { dilations: [2, 2] }),
  quantizedLinear('one-scale', oneScale(11, [6, 20])),
  quantizedLinear('relu', oneScale(12, [6, 20]), RELU),
  quantizedLinear('channels', int8Weights(13, [6, 20], 0)),
  ...rows([
    ['int8/add', 'ADD', [image(), image(0.031, 17)], image(0.06, -1), add()],
    ['int8/add-relu-broadcast', 'ADD', [image(), int8([1, 1, 1, 4], 0.02, -9)], image(0.04, -90), add(RELU)],
    ['int8/sub', 'SUB', [image(), image(0.017, -128)], image(0.052, 60), sub()],
    ['int8/mul', 'MUL', [image(), image(0.031, 17)], image(0.09, 3), mul()],
    [
      'int8/mul-relu6-broadcast',
      'MUL',
      [image(), int8([1, 1, 1, 4], 1 / 256, -128)],
      image(0.03, -128),
      mul(RELU6),
    ],
    ['int8/prelu', 'PRELU', [image(), slopes], image(0.04, -90)],
    ['int8/prelu-same-scale', 'PRELU', [image(0.009, 3), slopes], image(0.009, 3)],
    ['int8/average-pool', 'AVERAGE_POOL_2D', [image()], int8([1, 3, 3, 4], ...X), pool(SAME, [2, 2], [3, 3])],
    [
      'int8/average-pool-relu',
      'AVERAGE_POOL_2D',
      [image()],
      int8([1, 4, 4, 4], ...X),
      pool(VALID, [1, 1], [2, 3], RELU),
    ],
    ['int8/max-pool', 'MAX_POOL_2D', [image()], int8([1, 3, 3, 4], ...X), pool(SAME, [2, 2], [3, 3])],
    [
      'int8/max-pool-relu6',
      'MAX_POOL_2D',
      [image()],
      int8([1, 3, 6, 4], ...X),
      pool(SAME, [2, 1], [2, 2], RELU6),
    ],
    [
      'int8/mean-spatial',
      'MEAN',
      [image(), integers([1, 2])],
      int8([1, 1, 1, 4], 0.021, -7),
      reducer('keep'),
    ],
    [
      'int8/mean-spatial-same-scale',
      'MEAN',
      [image(), integers([1, 2])],
      int8([1, 4], ...X),
      reducer('drop'),
    ],
    ['int8/mean-channels', 'MEAN', [image(), integers([3])], int8([1, 5, 6], 0.03, 9), reducer('drop')],
    ['int8/mean-rows', 'MEAN', [image(), integers([1])], int8([1, 1, 6, 4], 0.03, 9), reducer('keep')],
    ['int8/maximum', 'MAXIMUM', [image(), int8([1, 1, 1, 4], ...X)], image()],
    ['int8/minimum', 'MINIMUM', [image(), image()], image()],
    ['int8/reduce-max', 'REDUCE_MAX', [image(), integers([1, 2])], int8([1, 4], ...X), reducer('drop')],
    ['int8/reduce-min', 'REDUCE_MIN', [image(), integers([3])], int8([1, 5, 6, 1], ...X), reducer('keep')],
    ['int8/pack', 'PACK', [image(), image()], int8([1, 5, 2, 6, 4], ...X), pack(2, 2)],
    ['int8/gather', 'GATHER', [image(), integers([3, 0, 3])], int8([1, 5, 6, 3], ...X), gather(3)],
    ['int8/tile', 'TILE', [image(), integers([1, 2, 1, 2])], int8([1, 10, 6, 8], ...X)],
    ['int8/pad', 'PAD', [image(), integers([0, 0, 1, 2, 0, 1, 0, 3], 4, 2)], int8([1, 8, 7, 7], ...X)],
    ['int8/concat', 'CONCATENATION', [image(), image()], int8([1, 5, 6, 8], ...X), concatenation(3)],
    ['int8/softmax', 'SOFTMAX', [int8([8, 17], 0.09, 20)], int8([8, 17], 1 / 256, -128), softmax(1)],
    ['int8/softmax-beta', 'SOFTMAX', [int8([8, 17], 0.31, -20)], int8([8, 17], 1 / 256, -128), softmax(0.7)],
  ]),
  ...table('logistic', 'LOGISTIC', [1 / 256, -128]),
  ...table('tanh', 'TANH', [1 / 128, 0]),
  ...table('hard-swish', 'HARD_SWISH', [0.06, -120]),
  ...table('leaky-relu', 'LEAKY_RELU', [0.05, -30], leaky(0.1)),
  ...table('relu', 'RELU', [0.03, -128]),
  ...table('relu6', 'RELU6', [0.04, -100]),
  ...table('relu-n1-to-1', 'RELU_N1_TO_1', [0.01, 3]),
  ...table('exp', 'EXP', [0.2, -128]),
  ...table('requantize', 'QUANTIZE', [0.033, 12]),
  ...rows([
    ['int8/requantize-from-uint8', 'QUANTIZE', [uint8([1, 256], 0.05, 125)], int8([1, 256], 0.05, -3)],
    ['int8/quantize', 'QUANTIZE', [float(1, 300)], int8([1, 300], 0.07, 11)],
    ['int8/dequantize', 'DEQUANTIZE', [int8([1, 256], 0.07, 11)], float(1, 256)],
  ]),
  ...resizeCases((kind, name) => `int8/${kind}-${name}`, {
    size: [9, 4],
    x: () => image(),
    y: () => int8([1, 9, 4, 4], ...X),
  }),
];

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

export const wideCases: readonly OperatorCase[] = [
  wideConv(int8Weights(14, [4, 3, 3, 3], 0)),
  wideDepthwise(int8Weights(15, [1, 3, 3, 3], 3)),
  ...rows([
    [
      'int16x8/average-pool',
      'AVERAGE_POOL_2D',
      [int16([1, 5, 6, 4], 0.001)],
      int16([1, 3, 3, 4], 0.001),
      pool(SAME, [2, 2], [3, 3]),
    ],
    [
      'int16x8/mul',
      'MUL',
      [int16([1, 5, 6, 4], 0.001), int16([1, 5, 6, 4], 0.0003)],
      int16([1, 5, 6, 4], 0.008),
      mul(),
    ],
    [
      'int16x8/add',
      'ADD',
      [int16([1, 5, 6, 4], 0.001), int16([1, 5, 6, 4], 0.0003)],
      int16([1, 5, 6, 4], 0.0012),
      add(0, 'any'),
    ],
    [
      'int16x8/mean',
      'MEAN',
      [int16([1, 5, 6, 4], 0.001), integers([1, 2])],
      int16([1, 1, 1, 4], 0.0007),
      reducer('keep'),
    ],
    ['int16x8/quantize', 'QUANTIZE', [float(1, 300)], int16([1, 300], 0.0002)],
  ]),
];
