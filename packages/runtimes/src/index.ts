export type { PortOptions } from './board/board-link.ts';
export { type Board, openBoard } from './board/open-board.ts';
export { buildC } from './c/build-c.ts';
export { runCBatch } from './c/c-batch.ts';
export { type CDevice, cDevice, countingDevice } from './c/c-device.ts';
export { buildCmsisNn, cmsisNnRoot } from './c/cmsis-nn-library.ts';
export { emulatedCore } from './c/emulated-core.ts';
export { type CodeSize, measureC } from './c/measure-c.ts';
export { type CExecutable, prepareC, type RunCOptions, runC } from './c/prepare-c.ts';
export { type LayerProfile, type Profile, profileC } from './c/profile-c.ts';
export type { CRun } from './c/read-runs.ts';
export type { BatchEntry, BatchResult } from './c/run-batch.ts';
export { execRuntime } from './exec/exec-runtime.ts';
export { litertPython } from './litert/litert-python.ts';
export { litertTools } from './litert/litert-runtime.ts';
export { type LayerInOrt, layersInOrt } from './ort/layers-in-ort.ts';
export { ortRuntime } from './ort/ort-runtime.ts';
export { hasOrt, loadOrt, type Ort, type OrtOptions, ortSession, runOrt } from './ort/ort-session.ts';
export { verifyInOrt } from './ort/verify-in-ort.ts';
export { withOnnx } from './ort/with-onnx.ts';
export { installLines, type Manager, managers, systemManager } from './process/install-command.ts';
export { loadPackage } from './process/load-package.ts';
export { skipWithout, type Tool } from './process/require-tool.ts';
export { type ToolId, tool, toolIds } from './process/tool-table.ts';
export { type NodeTime, profileRuntime, type RuntimeProfile } from './profile-runtime.ts';
export {
  cRuntime,
  createRuntime,
  inOrt,
  originalRuntime,
  runtimeNames,
  wgslRuntimeOn,
} from './runtime-table.ts';
export { median, type PairedVerdict, type Pairs, pairedVerdict } from './tune/paired-times.ts';
export { takingTurns } from './tune/taking-turns.ts';
export { type TuneOptions, type TuneResult, type Tuning, tuneWgsl } from './tune/tune-wgsl.ts';
export { parseTuningCache, type TuningCache, tuningFor, withTuning } from './tune/tuning-cache.ts';
export { profileWasm } from './wasm/profile-wasm.ts';
export { wasmModule, wasmTools } from './wasm/wasm-module.ts';
export { type BrowserPage, browserTools, openBrowser } from './wgsl/browser.ts';
export { bundleForWeb } from './wgsl/bundle-for-web.ts';
export { dawnDevice, nameVulkanDriver, wgslTools } from './wgsl/dawn-device.ts';
export { type Engine, engine, engineTools, stopEngines } from './wgsl/engines.ts';
export { checkWgsl, prepareOnDevice, prepareWgsl } from './wgsl/run-wgsl.ts';
export { type Route, serveLocally } from './wgsl/serve-locally.ts';
