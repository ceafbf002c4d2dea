export { buildC, strictFlags } from './build-c.ts';
export { type CDevice, cDevice } from './c-device.ts';
export { dawnDevice, nullDevice, wgslTools } from './dawn-device.ts';
export { type OrtOptions, ortSession, runOrt } from './ort-session.ts';
export { type CExecutable, prepareC, type RunCOptions, runC } from './prepare-c.ts';
export type { CRun } from './read-runs.ts';
export { missingTools, requireTools, skipWithout, type Tool } from './require-tool.ts';
export { checkWgsl, prepareWgsl, runWgsl } from './run-wgsl.ts';
export { cRuntime, createRuntime, originalRuntime, runtimeNames } from './runtime-table.ts';
