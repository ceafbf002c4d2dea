export { difference } from '@ghostc/interpreter';
export { type BoundedExpectation, type BoundedSet, caseBounds } from './case-bounds.ts';
export {
  type Comparison,
  compareTensors,
  exact,
  largestMagnitude,
  type Tolerance,
} from './compare.ts';
export { compareDerived, type Derivation, type DerivedComparison } from './compare-derived.ts';
export {
  type ConformanceReport,
  type ConformOptions,
  caseGraph,
  caseTask,
  conform,
  type SuiteResult,
  verifyCase,
} from './conform.ts';
export { type DataNoise, dataNoiseOf } from './data-noise.ts';
export type { InputValues } from './input-values.ts';
export { interpreterRuntime } from './interpreter-runtime.ts';
export { joinCases } from './join-cases.ts';
export { type Judged, judgeOutputs } from './judge-outputs.ts';
export { type CoverageRow, drawnOps } from './random/coverage.ts';
export { type FuzzFailure, type FuzzTally, fuzzModels, type ModelFuzz } from './random/fuzz-models.ts';
export { remembering } from './remembering.ts';
export { type NoiseQuestion, type NoiseStore, noiseOfValues } from './rounding-tiers.ts';
export { runEach } from './run-each.ts';
export type { Executable, ModelSource, Runtime, Tensors } from './runtime.ts';
export { type SeededSample, seededInputs, seededSamples } from './seeded-inputs.ts';
export { allclose, cannotTell, rootMeanSquare, statisticalTolerance } from './statistical-tolerance.ts';
export { type ConformanceCase, type Suite, suite } from './suite.ts';
export { onnxRuntimeDecisions } from './suites/from-registry/engine-decisions.ts';
export { suiteVersion } from './suites/from-registry/index.ts';
export { allSuites, suites } from './suites/index.ts';
export { quantizedSuites } from './suites/quantized.ts';
export type { DataSet, RuntimeResult, Verification } from './verification.ts';
export { isRefusal, unmeasured, verifyModel } from './verify-model.ts';
export { ulpDistance, webnnUlp } from './webnn-tolerance.ts';
export { withOneImage } from './with-one-image.ts';
