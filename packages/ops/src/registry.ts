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
import { unaryOps } from './elementwise/unary.ts';
import { where } from './elementwise/where.ts';
import { argMax, argMin, gather, gatherElements, gatherNd, scatterNd, topK } from './indexing/indexing.ts';
import { fullyConnected, gemm, matmul } from './linear/linear.ts';
import { expand } from './movement/expand.ts';
import { concat, pad, slice, transpose } from './movement/movement.ts';
import { nhwcOps } from './movement/nhwc.ts';
import { reshape } from './movement/reshape.ts';
import { onnxNode } from './onnx-node.ts';
import type { Computed } from './op-facts.ts';
import { dequantizeLinear } from './quantized/dequantize-linear.ts';
import { ghostRows } from './quantized/ghost-rows.ts';
import { qlinearAdd, qlinearSub } from './quantized/qlinear-add.ts';
import { qlinearAveragePool } from './quantized/qlinear-average-pool.ts';
import { qlinearConvTranspose2d } from './quantized/qlinear-conv-transpose2d.ts';
import { qlinearConv2d } from './quantized/qlinear-conv2d.ts';
import { qlinearDepthwiseConv2d } from './quantized/qlinear-depthwise-conv2d.ts';
import { qlinearFullyConnected } from './quantized/qlinear-fully-connected.ts';
import { qlinearGlobalAveragePool } from './quantized/qlinear-global-average-pool.ts';
import { qlinearLookup } from './quantized/qlinear-lookup.ts';
import { qlinearMatmul } from './quantized/qlinear-matmul.ts';
import { qlinearMul } from './quantized/qlinear-mul.ts';
import { qlinearPrelu } from './quantized/qlinear-prelu.ts';
import { qlinearResize } from './quantized/qlinear-resize.ts';
import { qlinearSoftmax } from './quantized/qlinear-softmax.ts';
import { quantizeLinear } from './quantized/quantize-linear.ts';
import { requantizeLinear } from './quantized/requantize-linear.ts';
import { recurrent } from './recurrent/recurrent.ts';
import { layerNorm } from './reduction/layer-norm.ts';
import { reduceMax, reduceMean, reduceMin, reduceProd, reduceSum, softmax } from './reduction/reduce.ts';
import { convTranspose2d } from './window/conv-transpose2d.ts';
import { conv2d } from './window/conv2d.ts';
import { depthwiseConv2d } from './window/depthwise-conv2d.ts';
import { gridSample } from './window/grid-sample.ts';
import { argMaxPool, averagePool, globalAveragePool, maxPool } from './window/pool.ts';
import { resize } from './window/resize.ts';

const binaryOps = [add, div, maximum, minimum, mul, pow, prelu, sub] as const;
const otherOps = [
  averagePool,
  concat,
  conv2d,
  convTranspose2d,
  depthwiseConv2d,
  fullyConnected,
  globalAveragePool,
  gridSample,
  layerNorm,
  matmul,
  maxPool,
  pad,
  recurrent,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  reshape,
  resize,
  slice,
  softmax,
  transpose,
] as const;
/** Ops that the ONNX reader also needs: comparisons, selection, indices. */
const indexOps = [
  argMax,
  argMaxPool,
  argMin,
  equal,
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
  topK,
  where,
] as const;
const quantizedOps = [
  dequantizeLinear,
  qlinearAdd,
  qlinearAveragePool,
  qlinearConv2d,
  qlinearConvTranspose2d,
  qlinearDepthwiseConv2d,
  qlinearFullyConnected,
  qlinearGlobalAveragePool,
  qlinearLookup,
  qlinearMatmul,
  qlinearMul,
  qlinearPrelu,
  qlinearResize,
  qlinearSoftmax,
  qlinearSub,
  quantizeLinear,
  requantizeLinear,
] as const;
const highOps = [batchNorm, cast, dfcAttention, gemm, ghostModule, squeezeExcite] as const;
/** They are only written back to ONNX. */
const keptOps = [onnxNode] as const;
const gpuOps = [fusedGhostModule, squeezeExciteGate] as const;
const mcuOps = [ghostRows] as const;

const definitions = [
  ...unaryOps,
  ...binaryOps,
  ...otherOps,
  ...indexOps,
  ...quantizedOps,
  ...highOps,
  ...gpuOps,
  ...mcuOps,
  ...keptOps,
];

/** Every op of the language, by name. */
export const registry: ReadonlyMap<string, OpDefinition> = new Map(
  [...definitions, ...nhwcOps].map((op): [string, OpDefinition] => [op.name, op]),
);

/** The definition of any op. */
export type Definition = (typeof definitions)[number];

/** Names of the ops that are computed in one of these ways. */
export type OpsWith<C extends Computed> = Extract<Definition, { readonly computed: C }>['name'];

/** The same as a list. */
export function opsWith<const C extends Computed>(...ways: readonly C[]): readonly OpsWith<C>[] {
  const found = new Set<string>(
    definitions.filter(({ computed }) => ways.some((way) => way === computed)).map(({ name }) => name),
  );
  const isFound = (name: Definition['name']): name is OpsWith<C> => found.has(name);
  return definitions.map(({ name }) => name).filter(isFound);
}

/** Float ops that reach a code-generating backend: C and WGSL have one kernel for each. */
export type LoweredOp = OpsWith<'unary' | 'binary' | 'kernel'>;

/** The names of all ops that satisfy a predicate, in pattern notation: `relu|clip`. */
export function opsWhere(holds: (op: OpDefinition) => boolean): string {
  return [...registry.values()].flatMap((op) => (holds(op) ? [op.name] : [])).join('|');
}
