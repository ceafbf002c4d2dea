export {
  type Activation,
  type ActivationName,
  activationAttrs,
  activationFunction,
  activations,
} from './activation.ts';
export { flag, float, floats, int, ints, oneOf } from './attr-spec.ts';
export { batchNorm } from './batch-norm.ts';
export { add, broadcastIndex, div, maximum, minimum, mul, pow, prelu, sub } from './binary.ts';
export { bindDimensions, dimensionsFrom } from './bind-dimensions.ts';
export { attrsOf, type BuildNode, buildNode, lookup } from './build-node.ts';
export { cast } from './cast.ts';
export { conv2d } from './conv2d.ts';
export { graphMacs, nodeMacs } from './count-macs.ts';
export {
  type AttrValues,
  defineOp,
  type Named,
  type OpDefinition,
  type OpSpec,
  withDefaults,
} from './define-op.ts';
export { depthwiseConv2d } from './depthwise-conv2d.ts';
export { dfcAttention, dfcPool, dfcResize, halfPadded } from './dfc-attention.ts';
export { type FusedGhostAttrs, fusedGhostModule } from './fused-ghost-module.ts';
export {
  cheapAttrs,
  type GhostModuleAttrs,
  ghostChannels,
  ghostModule,
  primaryAttrs,
} from './ghost-module.ts';
export { fullyConnected, gemm, matmul } from './linear.ts';
export { concat, forEachIndex, normalAxis, pad, reshape, slice, sliceRanges, transpose } from './movement.ts';
export { averagePool, globalAveragePool, maxPool } from './pool.ts';
export { reduceMax, reduceMean, reduceMin, reduceSum, softmax } from './reduce.ts';
export {
  type GpuOnlyOp,
  gpuOnlyOps,
  type LoweredBinaryOp,
  type LoweredOp,
  type LoweredUnaryOp,
  loweredBinaryOps,
  loweredOps,
  loweredUnaryOps,
  registry,
} from './registry.ts';
export { type ResizeAxis, type ResizeModes, resize, type Tap, taps } from './resize.ts';
export { squeezeExcite, squeezeExciteGate } from './squeeze-excite.ts';
export { storageRuleOf } from './storage-rule.ts';
export {
  abs,
  ceil,
  clip,
  dropout,
  elu,
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
  silu,
  softplus,
  sqrt,
  tanh,
} from './unary.ts';
