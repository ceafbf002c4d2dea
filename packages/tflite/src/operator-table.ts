import { hardSwishTable, logisticTable, tanhTable } from '@ghostc/ops';
import type { OperatorReader } from './operator-reader.ts';
import { readConv2d, readDepthwiseConv2d } from './operators/convolution.ts';
import {
  floatTable,
  readArithmetic,
  readBinary,
  readClip,
  readLeakyRelu,
  readRsqrt,
  readSquare,
  readUnary,
} from './operators/elementwise.ts';
import { readFullyConnected } from './operators/linear.ts';
import {
  readConcatenation,
  readDepthToSpace,
  readMirrorPad,
  readPad,
  readReshape,
  readSpaceToDepth,
  readTranspose,
} from './operators/movement.ts';
import { readPool } from './operators/pool.ts';
import { readDequantize, readQuantize } from './operators/quantization.ts';
import { readReduce, readSoftmax } from './operators/reduce.ts';
import { readResizeBilinear, readResizeNearest } from './operators/resize.ts';
import { readSlice, readSplit, readSplitV, readStridedSlice } from './operators/slice.ts';

/** Turns one TFLite operator into IR nodes and declares the values of its outputs. */
export type ReadOperator = (node: OperatorReader) => void;

/** Every TFLite operator that the reader knows. */
export const operatorTable: ReadonlyMap<string, ReadOperator> = new Map<string, ReadOperator>([
  ['ABS', readUnary('abs')],
  ['ADD', readArithmetic('add')],
  ['AVERAGE_POOL_2D', readPool('average_pool')],
  ['CEIL', readUnary('ceil')],
  ['CONCATENATION', readConcatenation],
  ['CONV_2D', readConv2d],
  ['DEPTHWISE_CONV_2D', readDepthwiseConv2d],
  ['DEPTH_TO_SPACE', readDepthToSpace],
  ['DEQUANTIZE', readDequantize],
  ['DIV', readArithmetic('div')],
  [
    'ELU',
    readUnary(
      'elu',
      {},
      floatTable((v) => (v < 0 ? Math.expm1(v) : v)),
    ),
  ],
  ['EXP', readUnary('exp', {}, floatTable(Math.exp))],
  ['EXPAND_DIMS', readReshape],
  ['FLOOR', readUnary('floor')],
  ['FULLY_CONNECTED', readFullyConnected],
  ['HARD_SWISH', readUnary('hard_swish', {}, hardSwishTable)],
  ['LEAKY_RELU', readLeakyRelu],
  ['LOG', readUnary('log')],
  ['LOGISTIC', readUnary('sigmoid', {}, logisticTable)],
  ['MAXIMUM', readBinary('maximum')],
  ['MAX_POOL_2D', readPool('max_pool')],
  ['MEAN', readReduce('reduce_mean')],
  ['MINIMUM', readBinary('minimum')],
  ['MIRROR_PAD', readMirrorPad],
  ['MUL', readArithmetic('mul')],
  ['NEG', readUnary('neg')],
  ['PAD', readPad],
  ['PADV2', readPad],
  ['POW', readBinary('pow')],
  ['PRELU', readBinary('prelu')],
  ['QUANTIZE', readQuantize],
  ['REDUCE_MAX', readReduce('reduce_max')],
  ['REDUCE_MIN', readReduce('reduce_min')],
  ['RELU', readClip('relu', [0, Number.POSITIVE_INFINITY])],
  ['RELU6', readClip('clip', [0, 6])],
  ['RELU_0_TO_1', readClip('clip', [0, 1])],
  ['RELU_N1_TO_1', readClip('clip', [-1, 1])],
  ['RESHAPE', readReshape],
  ['RESIZE_BILINEAR', readResizeBilinear],
  ['RESIZE_NEAREST_NEIGHBOR', readResizeNearest],
  ['ROUND', readUnary('round')],
  ['RSQRT', readRsqrt],
  ['SLICE', readSlice],
  ['SOFTMAX', readSoftmax],
  ['SPACE_TO_DEPTH', readSpaceToDepth],
  ['SPLIT', readSplit],
  ['SPLIT_V', readSplitV],
  ['SQRT', readUnary('sqrt')],
  ['SQUARE', readSquare],
  ['SQUEEZE', readReshape],
  ['STRIDED_SLICE', readStridedSlice],
  ['SUB', readArithmetic('sub')],
  ['SUM', readReduce('reduce_sum')],
  ['TANH', readUnary('tanh', {}, tanhTable)],
  ['TRANSPOSE', readTranspose],
]);
