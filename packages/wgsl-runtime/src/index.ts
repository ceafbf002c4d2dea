export * from './bundles/wgsl.ts';
export { adapterName } from './choose-backend.ts';
export { createWasmSession } from './create-wasm-session.ts';
export { adapterOf } from './gpu-program.ts';
export type { PixelInput } from './io-data.ts';
export { ioArrays } from './io-data.ts';
export type { WasmManifest, WasmProgram } from './manifest.ts';
