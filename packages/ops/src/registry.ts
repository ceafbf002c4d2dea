import { dfcAttention } from './composite/dfc-attention.ts';
import { fusedGhostModule } from './composite/fused-ghost-module.ts';
import { ghostModule } from './composite/ghost-module.ts';
import { squeezeExcite, squeezeExciteGate } from './composite/squeeze-excite.ts';
import type { OpDefinition } from './define-op.ts';
import { batchNorm } from './elementwise/batch-norm.ts';
import { add, div, maximum, minimum, mod, mul, pow, prelu, sub } from './elementwise/binary.ts';
import { cast } from './elementwise/cast.ts';
import { equal, less, lessEqual } from './elementwise/compare.ts';
import { logicalAnd, logicalNot, logicalOr, logicalXor } from './elementwise/logical.ts';
import {
  abs,
  ceil,
  clip,
  dropout,
  elu,
  erf,
  exp,
  floor,
  hardSigmoid,
  hardSwish,
  identity,
  leakyRelu,
  log,
  neg,
  reciprocal,
  relu,
  round,
  sigmoid,
  sign,
  silu,
  softplus,
  sqrt,
  tanh,
} from './elementwise/unary.ts';
import { where } from './elementwise/where.ts';
import { argMax, argMin, gather, gatherElements, gatherNd, scatterNd, topK } from './indexing/indexing.ts';
import { fullyConnected, gemm, matmul } from './linear/linear.ts';
import { expand } from './movement/expand.ts';
import { concat, pad, reshape, slice, transpose } from './movement/movement.ts';
import { nhwcOps } from './movement/nhwc.ts';
import { onnxNode } from './onnx-node.ts';
import { dequantizeLinear } from './quantized/dequantize-linear.ts';
import { qlinearAdd, qlinearSub } from './quantized/qlinear-add.ts';
import { qlinearAveragePool } from './quantized/qlinear-average-pool.ts';
import { qlinearConv2d } from './quantized/qlinear-conv2d.ts';
import { qlinearDepthwiseConv2d } from './quantized/qlinear-depthwise-conv2d.ts';
import { qlinearFullyConnected } from './quantized/qlinear-fully-connected.ts';
import { qlinearGlobalAveragePool } from './quantized/qlinear-global-average-pool.ts';
import { qlinearLookup } from './quantized/qlinear-lookup.ts';
import { qlinearMul } from './quantized/qlinear-mul.ts';
import { qlinearResize } from './quantized/qlinear-resize.ts';
import { qlinearSoftmax } from './quantized/qlinear-softmax.ts';
import { quantizeLinear } from './quantized/quantize-linear.ts';
import { requantizeLinear } from './quantized/requantize-linear.ts';
import { reduceMax, reduceMean, reduceMin, reduceProd, reduceSum, softmax } from './reduction/reduce.ts';
import { conv2d } from './window/conv2d.ts';
import { depthwiseConv2d } from './window/depthwise-conv2d.ts';
import { argMaxPool, averagePool, globalAveragePool, maxPool } from './window/pool.ts';
import { resize } from './window/resize.ts';

const unaryOps = [
  abs,
  ceil,
  elu,
  exp,
  floor,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  log,
  neg,
  reciprocal,
  relu,
  round,
  sigmoid,
  silu,
  softplus,
  sqrt,
  tanh,
  clip,
];
const binaryOps = [add, div, maximum, minimum, mul, pow, prelu, sub];
const otherOps = [
  averagePool,
  concat,
  conv2d,
  depthwiseConv2d,
  fullyConnected,
  globalAveragePool,
  matmul,
  maxPool,
  pad,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  reshape,
  resize,
  slice,
  softmax,
  transpose,
];
/** What the ONNX reader needs besides: comparisons, selection, indices. */
const indexOps = [
  argMax,
  argMaxPool,
  argMin,
  equal,
  erf,
  expand,
  gather,
  gatherElements,
  gatherNd,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  mod,
  reduceProd,
  scatterNd,
  sign,
  topK,
  where,
];
const quantizedOps = [
  dequantizeLinear,
  qlinearAdd,
  qlinearAveragePool,
  qlinearConv2d,
  qlinearDepthwiseConv2d,
  qlinearFullyConnected,
  qlinearGlobalAveragePool,
  qlinearLookup,
  qlinearMul,
  qlinearResize,
  qlinearSoftmax,
  qlinearSub,
  quantizeLinear,
  requantizeLinear,
];
const highOps = [batchNorm, cast, dfcAttention, dropout, gemm, ghostModule, identity, squeezeExcite];
/** They go back into ONNX, nowhere else. */
const keptOps = [onnxNode];
const gpuOps = [fusedGhostModule, squeezeExciteGate];

/** Every op of the language, by name. */
export const registry: ReadonlyMap<string, OpDefinition> = new Map(
  [
    ...unaryOps,
    ...binaryOps,
    ...otherOps,
    ...indexOps,
    ...quantizedOps,
    ...highOps,
    ...gpuOps,
    ...nhwcOps,
    ...keptOps,
  ].map((op) => [op.name, op as OpDefinition]),
);

/** What reaches a code-generating backend after lowering: the C and WGSL backends have one kernel for each. */
export const loweredUnaryOps = [
  'abs',
  'ceil',
  'clip',
  'elu',
  'exp',
  'floor',
  'hard_sigmoid',
  'hard_swish',
  'leaky_relu',
  'log',
  'neg',
  'reciprocal',
  'relu',
  'round',
  'sigmoid',
  'silu',
  'softplus',
  'sqrt',
  'tanh',
] as const;
/** Elementwise ops of two operands that need a kernel on every target. */
export const loweredBinaryOps = ['add', 'div', 'maximum', 'minimum', 'mul', 'pow', 'prelu', 'sub'] as const;
/** All ops that need a kernel on every target. */
export const loweredOps = [
  ...loweredUnaryOps,
  ...loweredBinaryOps,
  'average_pool',
  'concat',
  'conv2d',
  'depthwise_conv2d',
  'fully_connected',
  'global_average_pool',
  'matmul',
  'max_pool',
  'pad',
  'reduce_max',
  'reduce_mean',
  'reduce_min',
  'reduce_sum',
  'reshape',
  'resize',
  'slice',
  'softmax',
  'transpose',
] as const;

/** What lowering for a GPU leaves besides: one dispatch each. */
export const gpuOnlyOps = ['fused_ghost_module', 'squeeze_excite_gate'] as const;

/** An op of `gpuOnlyOps`. */
export type GpuOnlyOp = (typeof gpuOnlyOps)[number];
/** Quantised ops that reach the code-generating backends: a list of their own for backends that compute in float only. */
export const loweredQuantizedOps = [
  'dequantize_linear',
  'qlinear_add',
  'qlinear_average_pool',
  'qlinear_conv2d',
  'qlinear_depthwise_conv2d',
  'qlinear_fully_connected',
  'qlinear_global_average_pool',
  'qlinear_lookup',
  'qlinear_mul',
  'qlinear_resize',
  'qlinear_softmax',
  'qlinear_sub',
  'quantize_linear',
  'requantize',
] as const;

/** Ops of any element type that reach the backends besides: comparisons, selection, indices. A backend may refuse some. */
export const loweredGeneralOps = [
  'arg_max',
  'arg_max_pool',
  'arg_min',
  'cast',
  'equal',
  'erf',
  'expand',
  'gather',
  'gather_elements',
  'gather_nd',
  'less',
  'less_equal',
  'logical_and',
  'logical_not',
  'logical_or',
  'logical_xor',
  'mod',
  'reduce_prod',
  'scatter_nd',
  'sign',
  'top_k',
  'where',
] as const;

/** An op of `loweredUnaryOps`. */
export type LoweredUnaryOp = (typeof loweredUnaryOps)[number];
/** An op of `loweredBinaryOps`. */
export type LoweredBinaryOp = (typeof loweredBinaryOps)[number];
/** An op of `loweredOps`. */
export type LoweredOp = (typeof loweredOps)[number];
/** An op of `loweredQuantizedOps`. */
export type LoweredQuantizedOp = (typeof loweredQuantizedOps)[number];
