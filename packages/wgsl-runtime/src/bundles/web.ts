/** What `ghostc-web-runtime.js` exports: both runtimes, and the choice between them. */
export type { Backend, BackendName } from '../choose-backend.ts';
export { createWasmSession } from '../create-wasm-session.ts';
export type { GpuInput, PixelInput } from '../io-data.ts';
export { loadWeb, type WebOptions } from '../load-web.ts';
export type { WasmManifest, WasmProgram } from '../manifest.ts';
export { type CodeSource, openCode } from '../open-code.ts';
export * from './wgsl.ts';
