import {
  add,
  concatenation,
  conv,
  depthwise,
  linear,
  mul,
  pool,
  RELU,
  RELU6,
  reducer,
  SAME,
  softmax,
  VALID,
} from '../operator-options.ts';
import { int32Bias, integers, type OperatorCase, rows, uint8, uint8Weights } from './operator-case.ts';

const X: readonly [number, number] = [0.05, 119];
const image = (scale = X[0], zero = X[1]) => uint8([1, 5, 6, 4], scale, zero);

const filter = uint8Weights(51, [4, 3, 3, 4]);
const single = uint8Weights(52, [9, 1, 1, 4], 3);
const planes = uint8Weights(53, [1, 3, 3, 4], 128);
const doubled = uint8Weights(54, [1, 3, 3, 8]);
const matrix = uint8Weights(55, [6, 20], 90);
const bias = (weights: typeof filter, channels: number) => int32Bias(56, X[0], weights, channels);

/**
 * Models of TensorFlow 1: activations and weights of uint8, weights with a zero point. RESIZE_BILINEAR is not among them: TFLite
 * computes it in floats there, ours in integers as of int8, a step apart on some elements.
 */
export const unsignedCases: readonly OperatorCase[] = [
  ...rows([
    [
      'uint8/conv',
      'CONV_2D',
      [image(), filter, bias(filter, 4)],
      uint8([1, 3, 3, 4], 0.11, 140),
      conv(SAME, [2, 2], { act: RELU6 }),
    ],
    [
      'uint8/conv-pointwise',
      'CONV_2D',
      [image(), single, bias(single, 9)],
      uint8([1, 5, 6, 9], 0.07, 100),
      conv(VALID, [1, 1]),
    ],
    [
      'uint8/depthwise',
      'DEPTHWISE_CONV_2D',
      [image(), planes, bias(planes, 4)],
      uint8([1, 5, 6, 4], 0.03, 128),
      depthwise(SAME, 1, { act: RELU }),
    ],
    [
      'uint8/depthwise-multiplier-2',
      'DEPTHWISE_CONV_2D',
      [image(), doubled, bias(doubled, 8)],
      uint8([1, 3, 3, 8], 0.04, 90),
      depthwise(SAME, 2, { strides: [2, 2] }),
    ],
    [
      'uint8/fully-connected',
      'FULLY_CONNECTED',
      [uint8([3, 20], ...X), matrix, bias(matrix, 6)],
      uint8([3, 6], 0.09, 130),
      linear(),
    ],
    ['uint8/add', 'ADD', [image(), image(0.031, 17)], image(0.06, 101), add()],
    ['uint8/mul', 'MUL', [image(), image(0.031, 17)], image(0.09, 33), mul(RELU)],
    [
      'uint8/average-pool',
      'AVERAGE_POOL_2D',
      [image()],
      uint8([1, 3, 3, 4], ...X),
      pool(SAME, [2, 2], [3, 3]),
    ],
    ['uint8/max-pool', 'MAX_POOL_2D', [image()], uint8([1, 4, 5, 4], ...X), pool(VALID, [1, 1], [2, 2])],
    ['uint8/mean', 'MEAN', [image(), integers([1, 2])], uint8([1, 4], 0.021, 70), reducer('drop')],
    ['uint8/concat', 'CONCATENATION', [image(), image()], uint8([1, 5, 6, 8], ...X), concatenation(3)],
    [
      'uint8/concat-scales',
      'CONCATENATION',
      [image(), image(0.031, 17), image(0.09, 140)],
      uint8([1, 5, 6, 12], 0.07, 130),
      concatenation(3),
    ],
    ['uint8/softmax', 'SOFTMAX', [uint8([8, 17], 0.09, 120)], uint8([8, 17], 1 / 256, 0), softmax(1)],
    ['uint8/logistic', 'LOGISTIC', [uint8([1, 256], 0.05, 125)], uint8([1, 256], 1 / 256, 0)],
    ['uint8/pad', 'PAD', [image(), integers([0, 0, 1, 2, 0, 1, 0, 3], 4, 2)], uint8([1, 8, 7, 7], ...X)],
  ]),
];
