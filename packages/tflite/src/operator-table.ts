import { hardSwishTable, logisticTable, tanhTable } from '@ghostc/ops';
import type { OperatorReader } from './operator-reader.ts';
import { readConv2d, readDepthwiseConv2d } from './operators/convolution.ts';
import {
  floatTable,
  readArithmetic,
  readBinary,
  readClip,
  readComparison,
  readL2Normalization,
  readLeakyRelu,
  readRsqrt,
  readSquare,
  readSquaredDifference,
  readUnary,
} from './operators/elementwise.ts';
import {
  readArgument,
  readBatchMatmul,
  readBroadcastTo,
  readCast,
  readDensify,
  readFill,
  readGather,
  readPack,
  readSelect,
  readShape,
  readTile,
  readUnpack,
} from './operators/indexing.ts';
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
import { readConvolutionTransposeBias, readTransposeConv } from './operators/transposed-convolution.ts';
import { readAssignVariable, readCallOnce, readReadVariable, readVarHandle } from './operators/variables.ts';

/** Turns one TFLite operator into IR nodes and declares the values of its outputs. */
export type ReadOperator = (node: OperatorReader) => void;

/** Every TFLite operator that the reader knows. */
export const operatorTable: ReadonlyMap<string, ReadOperator> = new Map<string, ReadOperator>([
  ['ABS', readUnary('abs')],
  ['ADD', readArithmetic('add')],
  ['ARG_MAX', readArgument('arg_max')],
  ['ARG_MIN', readArgument('arg_min')],
  ['ASSIGN_VARIABLE', readAssignVariable],
  ['AVERAGE_POOL_2D', readPool('average_pool')],
  ['BATCH_MATMUL', readBatchMatmul],
  ['BROADCAST_TO', readBroadcastTo],
  ['CALL_ONCE', readCallOnce],
  ['CAST', readCast],
  ['CEIL', readUnary('ceil')],
  ['CONCATENATION', readConcatenation],
  ['CONV_2D', readConv2d],
  ['COS', readUnary('cos')],
  ['DENSIFY', readDensify],
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
  ['EQUAL', readComparison('equal')],
  ['EXP', readUnary('exp', {}, floatTable(Math.exp))],
  ['EXPAND_DIMS', readReshape],
  ['FILL', readFill],
  ['FLOOR', readUnary('floor')],
  ['FULLY_CONNECTED', readFullyConnected],
  ['GATHER', readGather],
  ['GREATER', readComparison('less', 'exchanged')],
  ['GREATER_EQUAL', readComparison('less_equal', 'exchanged')],
  ['HARD_SWISH', readUnary('hard_swish', {}, hardSwishTable)],
  ['L2_NORMALIZATION', readL2Normalization],
  ['LEAKY_RELU', readLeakyRelu],
  ['LESS', readComparison('less')],
  ['LESS_EQUAL', readComparison('less_equal')],
  ['LOG', readUnary('log')],
  ['LOGICAL_AND', readBinary('logical_and')],
  ['LOGICAL_NOT', readUnary('logical_not')],
  ['LOGICAL_OR', readBinary('logical_or')],
  ['LOGISTIC', readUnary('sigmoid', {}, logisticTable)],
  ['MAXIMUM', readBinary('maximum')],
  ['MAX_POOL_2D', readPool('max_pool')],
  ['MEAN', readReduce('reduce_mean')],
  ['MINIMUM', readBinary('minimum')],
  ['MIRROR_PAD', readMirrorPad],
  ['MUL', readArithmetic('mul')],
  ['NEG', readUnary('neg')],
  ['NOT_EQUAL', readComparison('equal', 'negated')],
  ['PACK', readPack],
  ['PAD', readPad],
  ['PADV2', readPad],
  ['POW', readBinary('pow')],
  ['PRELU', readBinary('prelu')],
  ['QUANTIZE', readQuantize],
  ['READ_VARIABLE', readReadVariable],
  ['REDUCE_MAX', readReduce('reduce_max')],
  ['REDUCE_MIN', readReduce('reduce_min')],
  ['REDUCE_PROD', readReduce('reduce_prod')],
  ['RELU', readClip('relu', [0, Number.POSITIVE_INFINITY])],
  ['RELU6', readClip('clip', [0, 6])],
  ['RELU_0_TO_1', readClip('clip', [0, 1])],
  ['RELU_N1_TO_1', readClip('clip', [-1, 1])],
  ['RESHAPE', readReshape],
  ['RESIZE_BILINEAR', readResizeBilinear],
  ['RESIZE_NEAREST_NEIGHBOR', readResizeNearest],
  ['ROUND', readUnary('round')],
  ['RSQRT', readRsqrt],
  ['SELECT', readSelect],
  ['SELECT_V2', readSelect],
  ['SHAPE', readShape],
  ['SIN', readUnary('sin')],
  ['SLICE', readSlice],
  ['SOFTMAX', readSoftmax],
  ['SPACE_TO_DEPTH', readSpaceToDepth],
  ['SPLIT', readSplit],
  ['SPLIT_V', readSplitV],
  ['SQRT', readUnary('sqrt')],
  ['SQUARE', readSquare],
  ['SQUARED_DIFFERENCE', readSquaredDifference],
  ['SQUEEZE', readReshape],
  ['STRIDED_SLICE', readStridedSlice],
  ['SUB', readArithmetic('sub')],
  ['SUM', readReduce('reduce_sum')],
  ['TANH', readUnary('tanh', {}, tanhTable)],
  ['TILE', readTile],
  ['TRANSPOSE', readTranspose],
  ['TRANSPOSE_CONV', readTransposeConv],
  ['UNPACK', readUnpack],
  ['VAR_HANDLE', readVarHandle],
]);

/** Custom operators that the reader knows, by their names. */
export const customTable: ReadonlyMap<string, ReadOperator> = new Map<string, ReadOperator>([
  ['Convolution2DTransposeBias', readConvolutionTransposeBias],
]);
