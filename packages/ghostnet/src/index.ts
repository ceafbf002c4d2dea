export type { GhostNetOptions, GhostNetSpec } from './assemble-ghostnet.ts';
export { buildFromSpec, parameterCount, parameterSpecs } from './build-from-spec.ts';
export { buildGhostResNet50 } from './build-ghost-resnet50.ts';
export { buildGhostVgg16 } from './build-ghost-vgg16.ts';
export {
  type BlockOptions,
  buildGhostBottleneck,
  buildGhostModule,
  buildGhostNet,
} from './build-ghostnet.ts';
export { buildGhostNetV2 } from './build-ghostnet-v2.ts';
export { buildGhostNetV3, type GhostNetV3Form, type GhostNetV3Options } from './build-ghostnet-v3.ts';
export { buildRepGhostNet } from './build-repghostnet.ts';
export type { Family, ModelSpec } from './families.ts';
export { families } from './families.ts';
export {
  type BottleneckParts,
  type DepthwiseSpec,
  type GhostBottleneckSpec,
  type GhostModuleSpec,
  type Layer,
  makeDivisible,
} from './ghost-layers.ts';
export { initialState } from './initial-state.ts';
export { isModelSpec, parseModelSpec } from './parse-model-spec.ts';
export type { RatioModelOptions } from './ratio-model.ts';
export type { ParameterKind, ParameterSpec, StateDict, Weights } from './state.ts';
