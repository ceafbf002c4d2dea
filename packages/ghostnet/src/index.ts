export {
  type BlockOptions,
  buildGhostBottleneck,
  buildGhostModule,
  buildGhostNet,
  type GhostNetOptions,
  type GhostNetSpec,
  parameterCount,
  parameterSpecs,
} from './build-ghostnet.ts';
export { type GhostBottleneckSpec, type GhostModuleSpec, makeDivisible } from './ghost-layers.ts';
export { parseGhostNetSpec } from './parse-ghostnet-spec.ts';
export type { ParameterKind, ParameterSpec, StateDict, Weights } from './state.ts';
