export { buildC, strictFlags } from './build-c.ts';
export { type CDevice, cDevice } from './c-device.ts';
export { dawnDevice, nullDevice } from './dawn-device.ts';
export { ortSession } from './ort-session.ts';
export { missingTools, requireTools, type Tool } from './require-tool.ts';
export { type CRun, type RunCOptions, runC } from './run-c.ts';
export { cRuntime, createRuntime, originalRuntime, runtimeNames } from './runtime-table.ts';
