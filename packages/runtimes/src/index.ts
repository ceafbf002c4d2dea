export { type BrowserPage, browserTools, openBrowser } from './browser.ts';
export { buildC, strictFlags } from './build-c.ts';
export { bundleForWeb } from './bundle-for-web.ts';
export { type BatchEntry, type BatchResult, runCBatch } from './c-batch.ts';
export { type CDevice, cDevice } from './c-device.ts';
export { buildCmsisNn, cmsisNnRoot } from './cmsis-nn-library.ts';
export { dawnDevice, nullDevice, wgslTools } from './dawn-device.ts';
export { emulatedCore } from './emulated-core.ts';
export { type Engine, engine, engines, engineTools, stopEngines } from './engines.ts';
export { execRuntime } from './exec/exec-runtime.ts';
export { type LayerInOrt, layersInOrt } from './layers-in-ort.ts';
export { type CodeSize, measureC } from './measure-c.ts';
export { ortRuntime } from './ort-runtime.ts';
export { loadOrt, type Ort, type OrtOptions, ortSession, runOrt } from './ort-session.ts';
export { type CExecutable, prepareC, type RunCOptions, runC } from './prepare-c.ts';
export { prepareRemote } from './prepare-remote.ts';
export { type LayerProfile, type Profile, profileC } from './profile-c.ts';
export type { CRun } from './read-runs.ts';
export { missingTools, requireTools, skipWithout, type Tool } from './require-tool.ts';
export { checkWgsl, prepareWgsl, runWgsl } from './run-wgsl.ts';
export {
  cRuntime,
  createRuntime,
  inOrt,
  originalRuntime,
  runtimeNames,
  wgslRuntimeOn,
} from './runtime-table.ts';
export type { Route } from './serve-locally.ts';
export { type TuneOptions, type TuneResult, type Tuning, tuneWgsl } from './tune-wgsl.ts';
export { parseTuningCache, type TuningCache, tuningFor, withTuning } from './tuning-cache.ts';
export { verifyInOrt } from './verify-in-ort.ts';
export { withOnnx } from './with-onnx.ts';
