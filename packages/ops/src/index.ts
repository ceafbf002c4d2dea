export { flag, float, floats, int, ints, oneOf } from './attr-spec.ts';
export {
  bindDimensions,
  checkDimensionSizes,
  dimensionsFrom,
  hasKept,
  openDimensions,
  sizedFor,
  withSizesOfOne,
} from './bind-dimensions.ts';
export { type BuildNode, buildNode, lookup } from './build-node.ts';
export { type ChannelPart, channelRuleOf } from './channel-rule.ts';
export { dfcAttention, dfcPool, dfcResize, halfPadded } from './composite/dfc-attention.ts';
export { type FusedGhostAttrs, fusedGhostModule } from './composite/fused-ghost-module.ts';
export {
  cheapAttrs,
  type GhostModuleAttrs,
  ghostModule,
  primaryAttrs,
} from './composite/ghost-module.ts';
export type { PartMaker, PartOp } from './composite/part-maker.ts';
export { squeezeExcite, squeezeExciteGate } from './composite/squeeze-excite.ts';
export { ConstantCone } from './constant-cone.ts';
export { ConstantWork } from './constant-work.ts';
export { type Copies, copyNode, copyOf, type NodeChanges } from './copy-node.ts';
export { graphMacs, nodeMacs, nodeWork, workOf } from './count-macs.ts';
export {
  type AttrSpecs,
  type AttrValues,
  attrsOf,
  defineOp,
  evaluateOne,
  evaluateOp,
  intsOf,
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
  activationOp,
  activationOpAttrs,
  activationOps,
  activations,
  activationsOf,
} from './elementwise/activation.ts';
export {
  clip,
  elu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  relu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from './elementwise/activation-functions.ts';
export { batchNorm } from './elementwise/batch-norm.ts';
export {
  add,
  broadcastIndex,
  div,
  maximum,
  minimum,
  mod,
  mul,
  pow,
  power,
  prelu,
  sub,
} from './elementwise/binary.ts';
export { cast } from './elementwise/cast.ts';
export { equal, less, lessEqual } from './elementwise/compare.ts';
export { erfOf } from './elementwise/erf.ts';
export { logicalAnd, logicalNot, logicalOr, logicalXor } from './elementwise/logical.ts';
export {
  abs,
  ceil,
  dropout,
  erf,
  exp,
  floor,
  identity,
  log,
  neg,
  reciprocal,
  round,
  sign,
  sqrt,
} from './elementwise/unary.ts';
export { where } from './elementwise/where.ts';
export { evaluateFrom, evaluateGraph } from './evaluate-graph.ts';
export { indexBound } from './indexing/index-bound.ts';
export { argMax, argMin, gather, gatherElements, gatherNd, scatterNd, topK } from './indexing/indexing.ts';
export { integerRange } from './integer-range.ts';
export { fullyConnected, gemm, matmul } from './linear/linear.ts';
export { expand } from './movement/expand.ts';
export {
  concat,
  forEachIndex,
  normalAxis,
  pad,
  padElement,
  slice,
  sliceRanges,
  transpose,
} from './movement/movement.ts';
export { nhwcName, nhwcOps, toNchw, toNhwc } from './movement/nhwc.ts';
export { reshape } from './movement/reshape.ts';
export { onnxNode } from './onnx-node.ts';
export type {
  Accuracy,
  Computed,
  Epilogue,
  ErrorBound,
  IntegerForm,
  MixedSum,
  OnIntegers,
  OpFacts,
  RandomUse,
} from './op-facts.ts';
export { clampAttrs } from './quantized/activation-clamp.ts';
export { dequantizeLinear } from './quantized/dequantize-linear.ts';
export { type GhostLayerNodes, ghostRows, layersOfGhostRows } from './quantized/ghost-rows.ts';
export { qlinearAdd, qlinearSub, type SumMultipliers, sumMultipliers } from './quantized/qlinear-add.ts';
export { dividesByCount, poolMultiplier, qlinearAveragePool } from './quantized/qlinear-average-pool.ts';
export { qlinearConvTranspose2d } from './quantized/qlinear-conv-transpose2d.ts';
export { qlinearConv2d } from './quantized/qlinear-conv2d.ts';
export { qlinearDepthwiseConv2d } from './quantized/qlinear-depthwise-conv2d.ts';
export { linearMultipliers, qlinearFullyConnected } from './quantized/qlinear-fully-connected.ts';
export { meanMultiplier, qlinearGlobalAveragePool } from './quantized/qlinear-global-average-pool.ts';
export { lookupTable, qlinearLookup } from './quantized/qlinear-lookup.ts';
export { matmulMultiplier, qlinearMatmul } from './quantized/qlinear-matmul.ts';
export { productMultiplier, qlinearMul } from './quantized/qlinear-mul.ts';
export { preluMultipliers, qlinearPrelu } from './quantized/qlinear-prelu.ts';
export { type BilinearTap, bilinearTaps, qlinearResize } from './quantized/qlinear-resize.ts';
export { exponentialTable, qlinearSoftmax } from './quantized/qlinear-softmax.ts';
export { centredWeight, weightMultipliers } from './quantized/qlinear-window.ts';
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
  sameAffine,
  signedTensor,
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
  quantizeMultiplier,
  type Rounding,
  reducedMultiplier,
  roundings,
  scaleBy,
  scaleWide,
} from './quantized/requantize.ts';
export { requantizeLinear, requantizeMultiplier } from './quantized/requantize-linear.ts';
export { type Line, lineEntries, lineThrough } from './quantized/straight-table.ts';
export { referenceRange, unaryTable } from './quantized/unary-table.ts';
export { type RecurrentCell, recurrentCells } from './recurrent/cells.ts';
export {
  type RecurrentFunction,
  recurrent,
  recurrentFunctions,
  recurrentParams,
} from './recurrent/recurrent.ts';
export { layerNorm } from './reduction/layer-norm.ts';
export {
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  softmax,
} from './reduction/reduce.ts';
export { type LoweredOp, type OpsWith, opsWhere, opsWith, registry } from './registry.ts';
export { roundHalfAway } from './round-half-away.ts';
export { rowRuleOf } from './row-rule.ts';
export { storageRuleOf } from './storage-rule.ts';
export {
  type AttrsOf,
  type NodeOf,
  type OpFunctions,
  type OpName,
  type PartsOf,
  partsOf,
} from './typed-ops.ts';
export { isWide, wideElements } from './wide-elements.ts';
export { axisTaps, type ResizeAxis, type ResizeModes, sourcePosition, type Tap } from './window/axis-taps.ts';
export { convTranspose2d } from './window/conv-transpose2d.ts';
export { conv2d, windowAttrs } from './window/conv2d.ts';
export { depthwiseConv2d } from './window/depthwise-conv2d.ts';
export { type GridAttrs, gridSample, sampledPosition } from './window/grid-sample.ts';
export { mayFilter, minimalFilters } from './window/minimal-filters.ts';
export {
  argMaxPool,
  averagePool,
  globalAveragePool,
  maxPool,
  windowTaps,
} from './window/pool.ts';
export { resize, resizeTables, scaledSize } from './window/resize.ts';
export {
  type EmitNode,
  mirroredKernel,
  spreadTranspose,
  type TransposedConvolution,
} from './window/spread-transpose.ts';
export {
  type TflitePadding,
  type TransposedAxis,
  type TransposedPads,
  transposedPadding,
  transposedPads,
} from './window/transposed-padding.ts';
