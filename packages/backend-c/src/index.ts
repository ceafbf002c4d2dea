export { ArenaLimitError, type ArenaMiss } from './arena-limit-error.ts';
export {
  type CBuffer,
  type CFetch,
  type CLayer,
  type CProgram,
  type CStream,
  type CTensor,
  type Device,
  devices,
  type EmitCOptions,
  type IoForm,
  ioForms,
  type KernelChoice,
  kernelChoices,
  type LayerPlace,
  type PlanCOptions,
  type WeightForm,
  weightForms,
} from './c-program.ts';
export { cType } from './c-type.ts';
export { reservedNames } from './check-graph.ts';
export {
  type CostBuild,
  type CostTable,
  costBuilds,
  costFeatures,
  costKinds,
  estimateInstructions,
  layerInstructions,
} from './costs/estimate-instructions.ts';
export { emitC } from './emit-c.ts';
export { type FirmwareBoard, firmwareFiles } from './firmware/firmware-files.ts';
export { libraryFlags } from './firmware/library-flags.ts';
export { protocol } from './firmware/protocol.ts';
export { ghostFuser } from './kernels/quantized/index.ts';
export { type Layout, layouts, packageFiles } from './layouts/package-files.ts';
export { type CPlan, planC } from './plan-c.ts';
export { withPool } from './pool/with-pool.ts';
export { selfTestInput } from './self-test/self-test-input.ts';
export { type ExpectedOutput, hasSelfTest, withSelfTest } from './self-test/with-self-test.ts';
export { constantArray } from './text/constant-array.ts';
