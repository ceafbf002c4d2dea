export {
  bindDimensions,
  checkDimensionSizes,
  dimensionsFrom,
  hasKept,
  openDimensions,
  sizedFor,
} from './bind-dimensions.ts';
export { attrsOf, type BuildNode, buildNode, lookup } from './build-node.ts';
export { dfcPool, dfcResize, halfPadded } from './composite/dfc-attention.ts';
export { type FusedGhostAttrs, fusedGhostModule } from './composite/fused-ghost-module.ts';
export {
  cheapAttrs,
  type GhostModuleAttrs,
  ghostModule,
  primaryAttrs,
} from './composite/ghost-module.ts';
export {
  type SqueezeAttrs,
  squeezeExcite,
  squeezeExciteGate,
  squeezeGate,
} from './composite/squeeze-excite.ts';
export { copyNode, type Twins, twinOf } from './copy-node.ts';
export { graphMacs, nodeMacs, nodeWork, workOf } from './count-macs.ts';
export {
  type AttrValues,
  evaluateOne,
  evaluateOp,
  type Named,
  type OpDefinition,
  type OpSpec,
  withDefaults,
} from './define-op.ts';
export {
  type Activation,
  type ActivationName,
  activationAttrs,
  activationFunction,
  activationOpAttrs,
} from './elementwise/activation.ts';
export { mod, power } from './elementwise/binary.ts';
export { cast } from './elementwise/cast.ts';
export { evaluateFrom, evaluateGraph } from './evaluate-graph.ts';
export { argMax, gather, gatherElements, gatherNd, scatterNd, topK } from './indexing/indexing.ts';
export { integerRange } from './integer-range.ts';
export { gemm } from './linear/linear.ts';
export {
  concat,
  normalAxis,
  pad,
  padElement,
  reshape,
  slice,
  sliceRanges,
  transpose,
} from './movement/movement.ts';
export { nhwcName, toNchw, toNhwc } from './movement/nhwc.ts';
export { clampAttrs } from './quantized/activation-clamp.ts';
export { qlinearAdd, type SumMultipliers, sumMultipliers } from './quantized/qlinear-add.ts';
export { dividesByCount, poolMultiplier, qlinearAveragePool } from './quantized/qlinear-average-pool.ts';
export { qlinearConv2d } from './quantized/qlinear-conv2d.ts';
export { qlinearDepthwiseConv2d } from './quantized/qlinear-depthwise-conv2d.ts';
export { linearMultipliers, qlinearFullyConnected } from './quantized/qlinear-fully-connected.ts';
export { meanMultiplier, qlinearGlobalAveragePool } from './quantized/qlinear-global-average-pool.ts';
export { lookupTable } from './quantized/qlinear-lookup.ts';
export { productMultiplier, qlinearMul } from './quantized/qlinear-mul.ts';
export { type BilinearTap, bilinearTaps, qlinearResize } from './quantized/qlinear-resize.ts';
export { exponentialTable, qlinearSoftmax } from './quantized/qlinear-softmax.ts';
export { weightMultipliers } from './quantized/qlinear-window.ts';
export { quantizeLinear } from './quantized/quantize-linear.ts';
export {
  type ActivationType,
  type Affine,
  activationTypes,
  affineOf,
  clampRange,
  type OutputQuant,
  outputAffine,
  type Requantized,
} from './quantized/quantized-type.ts';
export {
  clampTable,
  hardSwishTable,
  leakyReluTable,
  logisticTable,
  type ReferenceTable,
  tanhTable,
} from './quantized/reference-tables.ts';
export {
  defaultRounding,
  type FixedMultiplier,
  onnxRounding,
  type Rounding,
  reducedMultiplier,
  roundings,
  scaleBy,
} from './quantized/requantize.ts';
export { requantizeLinear, requantizeMultiplier } from './quantized/requantize-linear.ts';
export { unaryTable } from './quantized/unary-table.ts';
export { reduceMean, softmax } from './reduction/reduce.ts';
export {
  type GpuOnlyOp,
  gpuOnlyOps,
  type LoweredBinaryOp,
  type LoweredOp,
  type LoweredQuantizedOp,
  type LoweredUnaryOp,
  loweredBinaryOps,
  loweredGeneralOps,
  loweredOps,
  loweredQuantizedOps,
  loweredUnaryOps,
  registry,
} from './registry.ts';
export { roundHalfAway } from './round-half-away.ts';
export { rowRuleOf } from './row-rule.ts';
export { storageRuleOf } from './storage-rule.ts';
export { isWide, wideElements } from './wide-elements.ts';
export { axisTaps, type ResizeAxis, type ResizeModes, sourcePosition, type Tap } from './window/axis-taps.ts';
export { conv2d } from './window/conv2d.ts';
export { depthwiseConv2d } from './window/depthwise-conv2d.ts';
export { averagePool, maxPool } from './window/pool.ts';
export { resize, resizeTables, scaledSize } from './window/resize.ts';
