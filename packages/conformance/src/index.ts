export { type Comparison, compareTensors, type Tolerance } from './compare.ts';
export { interpreterRuntime } from './interpreter-runtime.ts';
export type { Executable, Runtime, Tensors } from './runtime.ts';
export { seededInputs } from './seeded-inputs.ts';
export { type DataSet, type TargetResult, type Verification, verifyModel } from './verify-model.ts';
