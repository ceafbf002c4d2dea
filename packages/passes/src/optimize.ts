import { assignNhwc } from './assign-nhwc.ts';
import { foldConstants } from './fold-constants.ts';
import { fuseGhostRows } from './fuse-ghost-rows.ts';
import { mergeEqualNodes } from './merge-equal-nodes.ts';
import { type Pass, rulePass } from './pass.ts';
import { removeDeadCode } from './remove-dead-code.ts';
import { foldPadIntoAveragePool, foldPadIntoConv, groupedConvToDepthwise } from './rules/canonical-conv.ts';
import {
  foldAddIntoFullyConnected,
  gemmToFullyConnected,
  matmulToFullyConnected,
  meanToGlobalAveragePool,
} from './rules/canonical-forms.ts';
import {
  composePointwise,
  dropUnusedChannels,
  foldCheapIntoPrimary,
  fuseResidual,
} from './rules/compose-convolutions.ts';
import {
  dequantizedGemm,
  dequantizedMatmul,
  foldBatchNormIntoDequantizedConv,
  foldBiasIntoDequantizedConv,
  foldFactorIntoDequantizedConv,
  scaleIntegerConv,
} from './rules/dequantized-weights.ts';
import { dropDeadChannels, sliceBeforeActivation } from './rules/drop-dead-channels.ts';
import { batchNormToDepthwise, batchNormToMultiplyAdd, expandBatchNorm } from './rules/expand-batch-norm.ts';
import {
  expandGemm,
  expandGhostModule,
  expandLayerNorm,
  expandSqueezeExcite,
} from './rules/expand-composites.ts';
import { expandPaddedConvTranspose, expandQlinearConvTranspose } from './rules/expand-conv-transpose.ts';
import { foldAddIntoConv, foldMulIntoConv } from './rules/fold-affine-into-conv.ts';
import {
  batchNormBeforeReshape,
  foldBatchNormIntoConv,
  foldBatchNormIntoMatmul,
} from './rules/fold-batch-norm.ts';
import {
  foldBatchNormBeforeConv,
  foldBatchNormBeforeFullyConnected,
} from './rules/fold-batch-norm-before-conv.ts';
import { foldTransposeIntoFullyConnected } from './rules/fold-transpose-into-fully-connected.ts';
import { fuseActivation } from './rules/fuse-activation.ts';
import {
  type FusesGhost,
  fuseGate,
  fuseGhostModules,
  fuseGhostResidual,
  splitSqueezeExcite,
} from './rules/fuse-for-gpu.ts';
import { activateLine, imageToLine } from './rules/image-to-line.ts';
import { sinkDequantize } from './rules/integer-movement.ts';
import { lineToImage } from './rules/line-to-image.ts';
import { linearToPointwise } from './rules/linear-to-pointwise.ts';
import { mergeParallelBranches } from './rules/merge-parallel-branches.ts';
import {
  raiseGhostModule,
  raisePreluGhostModule,
  raiseSlicedGhostModule,
} from './rules/raise-ghost-module.ts';
import {
  averageBeforeLayer,
  clampAfterQuantize,
  foldRequantizeIntoLookup,
  foldSliceIntoQlinearDepthwise,
  fuseClampBeforeQuantize,
  quantizeBeforeMovement,
  raiseBatchNorm,
  raiseQlinearBinary,
  raiseQlinearLookup,
  raiseQlinearPool,
  raiseQlinearSoftmax,
  raiseQlinearWeighted,
  raiseRequantize,
  raiseRequantizeClamp,
  sinkDequantizeBelowRelu,
} from './rules/raise-qlinear.ts';
import { joinClips, recognizeClip, recognizeRelu } from './rules/recognize-clip.ts';
import { expandDfcAttention, recognizeDfcAttention } from './rules/recognize-dfc-attention.ts';
import { recognizeGelu, recognizeGeluTanh } from './rules/recognize-gelu.ts';
import {
  recognizeHardSigmoid,
  recognizeHardSigmoidByUnit,
  recognizeHardSwish,
  recognizeHardSwishByProduct,
  recognizeHardSwishByQuotient,
} from './rules/recognize-hard-sigmoid.ts';
import { foldShiftIntoLayerNorm, recognizeLayerNorm } from './rules/recognize-layer-norm.ts';
import {
  preluToLeakyRelu,
  recognizePreluByMaximum,
  recognizePreluByNegative,
  recognizePreluByRelus,
  recognizePreluByWhere,
} from './rules/recognize-leaky-relu.ts';
import {
  recognizeMish,
  recognizeSigmoid,
  recognizeSigmoidByReciprocal,
  recognizeSilu,
  recognizeSiluByQuotient,
} from './rules/recognize-sigmoid.ts';
import { recognizeSqueezeExcite } from './rules/recognize-squeeze-excite.ts';
import { divToMul, powToMul, wholeAveragePool } from './rules/reduce-strength.ts';
import { quantizedReductionToPool, reduceMaxToPool, reduceMeanToPool } from './rules/reductions-to-pools.ts';
import {
  joinCasts,
  joinReshapes,
  joinTransposes,
  joinTransposesAcrossReshape,
  removeEmptyParts,
  removeIdentity,
  removeNoOp,
  removeSingleConcat,
  transposeToReshape,
  undoTranspose,
} from './rules/remove-no-op.ts';
import { removeUnitFactor, removeZeroTerm } from './rules/remove-unit-factor.ts';
import { saturateBias } from './rules/saturate-bias.ts';
import {
  sinkTranspose,
  sinkTransposeConcat,
  sinkTransposeConstant,
  sinkTransposePair,
} from './rules/sink-transpose.ts';
import { splitGhostConcat } from './rules/split-ghost-concat.ts';
import { splitResidual, splitTableActivation } from './rules/split-table-activation.ts';
import {
  skipSignChange,
  unsignedConstant,
  unsignedDequantize,
  unsignedQuantize,
} from './rules/unsigned-to-signed.ts';

const canonicalize = rulePass(
  'canonicalize',
  removeIdentity,
  removeNoOp,
  removeUnitFactor,
  removeZeroTerm,
  removeEmptyParts,
  removeSingleConcat,
  joinCasts,
  joinReshapes,
  joinTransposes,
  undoTranspose,
  joinTransposesAcrossReshape,
  meanToGlobalAveragePool,
  gemmToFullyConnected,
  matmulToFullyConnected,
  foldAddIntoFullyConnected,
  groupedConvToDepthwise,
  foldPadIntoConv,
  foldPadIntoAveragePool,
  wholeAveragePool,
  sinkTranspose,
  foldTransposeIntoFullyConnected,
  sinkTransposePair,
  sinkTransposeConstant,
  sinkTransposeConcat,
  imageToLine,
  activateLine,
);

const foldBatchNorm = rulePass(
  'fold-batch-norm',
  foldBatchNormIntoConv,
  foldBatchNormIntoMatmul,
  foldBatchNormBeforeConv,
  foldBatchNormBeforeFullyConnected,
  batchNormBeforeReshape,
  joinReshapes, //           cleans up around removed batch norms
  removeNoOp,
);
const foldAffine = rulePass('fold-affine', foldAddIntoConv, foldMulIntoConv);
const mergeBranches = rulePass(
  'merge-branches',
  mergeParallelBranches,
  foldBatchNormIntoConv,
  foldAddIntoConv,
);
const recognizeActivations = rulePass(
  'recognize-activations',
  recognizeClip,
  joinClips,
  recognizeRelu,
  recognizeSigmoid,
  recognizeSigmoidByReciprocal,
  recognizeSilu,
  recognizeSiluByQuotient,
  recognizeHardSigmoid,
  recognizeHardSigmoidByUnit,
  recognizeHardSwish,
  recognizeHardSwishByProduct,
  recognizeHardSwishByQuotient,
  recognizeMish,
  recognizeGelu,
  recognizeGeluTanh,
  recognizeLayerNorm,
  foldShiftIntoLayerNorm,
  recognizePreluByRelus,
  recognizePreluByWhere,
  recognizePreluByNegative,
  recognizePreluByMaximum,
  preluToLeakyRelu,
);
const reduceStrength = rulePass('reduce-strength', divToMul, powToMul);
const composeConvolutions = rulePass(
  'compose-convolutions',
  sliceBeforeActivation,
  dropUnusedChannels,
  dropDeadChannels,
  composePointwise,
  foldCheapIntoPrimary,
);
const fuseActivations = rulePass('fuse-activations', fuseActivation);
const raiseSqueezeExcite = rulePass('raise-squeeze-excite', recognizeSqueezeExcite);
const raiseAttention = rulePass('raise-dfc-attention', recognizeDfcAttention);
const raiseGhost = rulePass(
  'raise-ghost-module',
  splitGhostConcat,
  raiseSlicedGhostModule,
  raiseGhostModule,
  raisePreluGhostModule,
);

const raiseQuantized = rulePass(
  'raise-quantized',
  unsignedQuantize,
  unsignedDequantize,
  unsignedConstant,
  skipSignChange,
  removeIdentity, //         exporters put identities and casts to the same type between the two
  removeNoOp,
  joinClips,
  scaleIntegerConv,
  foldBiasIntoDequantizedConv,
  foldFactorIntoDequantizedConv,
  foldBatchNormIntoDequantizedConv,
  dequantizedGemm,
  dequantizedMatmul,
  fuseClampBeforeQuantize,
  clampAfterQuantize,
  raiseBatchNorm,
  quantizedReductionToPool,
  raiseQlinearWeighted,
  raiseQlinearBinary,
  raiseQlinearPool,
  raiseQlinearSoftmax,
  raiseQlinearLookup,
  raiseRequantizeClamp,
  raiseRequantize,
  foldRequantizeIntoLookup,
  sinkDequantizeBelowRelu,
  averageBeforeLayer,
  sinkDequantize,
  quantizeBeforeMovement,
  saturateBias,
  foldSliceIntoQlinearDepthwise,
);

/** The optimiser, in order. */
export const optimizationPasses: readonly Pass[] = [
  removeDeadCode, //         unused nodes, and two nodes for one value, would prevent fusing activations
  mergeEqualNodes,
  raiseQuantized, //         before folding: a folded dequantize_linear has lost its integers
  foldConstants, //          casts of constants go, so that the rules see plain numbers
  canonicalize, //           before everything: the rules below match only the canonical ops
  mergeEqualNodes,
  recognizeActivations, //   before folding: the 3 of x + 3 must not go into a bias
  raiseQuantized, //         again: a function written as several nodes becomes a table
  foldBatchNorm, //          before fusing: a fused activation would stand between convolution and batch norm
  foldAffine,
  mergeBranches, //          after folding: a branch is a bare convolution; a batch norm after the sum folds at once
  reduceStrength, //         after recognising: hard-sigmoid is looked for as a division
  composeConvolutions, //    before fusing: an activation between two convolutions keeps them apart
  fuseActivations, //        before raising: a Ghost module's parts carry their activation
  raiseSqueezeExcite,
  raiseAttention,
  raiseGhost,
  foldConstants,
  mergeEqualNodes,
  removeDeadCode,
];

/** Composite ops to their layers. */
export const layerPasses: readonly Pass[] = [
  canonicalize,
  rulePass(
    'expand',
    expandGhostModule,
    expandSqueezeExcite,
    expandDfcAttention,
    expandGemm,
    batchNormToDepthwise,
    batchNormToMultiplyAdd,
    expandBatchNorm,
  ),
  foldConstants,
  removeDeadCode,
];

const linesToImages = rulePass('lines-to-images', lineToImage, joinReshapes, removeNoOp);
const fuseResiduals = rulePass('fuse-residual', fuseResidual);

/** Composite ops to kernels; sums of shortcuts are computed in the shortcut's memory. */
export const loweringPasses: readonly Pass[] = [...layerPasses, fuseResiduals, linesToImages];

function fuseForGpu(fuses: FusesGhost): Pass {
  const rules = [fuseGhostModules(fuses), splitSqueezeExcite, fuseGate, fuseGhostResidual];
  return rulePass('fuse-for-gpu', ...rules);
}

/**
 * Before quantising a lowered graph: what an integer kernel cannot fuse becomes a separate node with its own
 * range.
 */
export const splitForIntegers: Pass = rulePass(
  'split-for-integers',
  splitResidual,
  splitTableActivation,
  reduceMeanToPool,
  reduceMaxToPool,
);

/**
 * Composite ops to TFLite's operators, on NHWC images. An activation that no operator fuses becomes a
 * separate node; pairs of transposes that cancel are removed.
 */
export const tfliteLoweringPasses: readonly Pass[] = [
  ...layerPasses,
  rulePass(
    'split-for-tflite',
    splitResidual,
    splitTableActivation,
    expandLayerNorm,
    expandPaddedConvTranspose,
    expandQlinearConvTranspose,
  ),
  linesToImages,
  assignNhwc,
  rulePass(
    'tidy-nhwc',
    joinTransposes,
    joinTransposesAcrossReshape, // of channels that are shuffled
    undoTranspose,
    removeNoOp,
    transposeToReshape,
    joinReshapes,
    foldTransposeIntoFullyConnected,
    linearToPointwise,
  ),
  foldConstants,
  mergeEqualNodes,
  removeDeadCode,
];

/** Passes that are not part of the optimiser: they help one target and may cost another memory. */
const otherPasses: readonly Pass[] = [fuseForGpu(() => true), fuseGhostRows(() => true), splitForIntegers];

/** Composite ops to kernels for a GPU, where a dispatch is expensive: Ghost modules, gates and sums of shortcuts stay whole. */
export function gpuLoweringPasses(fuses: FusesGhost): readonly Pass[] {
  return [fuseForGpu(fuses), ...loweringPasses];
}

/** Every pass by name. */
export const passes: ReadonlyMap<string, Pass> = new Map(
  [...optimizationPasses, ...layerPasses, ...loweringPasses, ...tfliteLoweringPasses, ...otherPasses].map(
    (pass) => [pass.name, pass],
  ),
);
