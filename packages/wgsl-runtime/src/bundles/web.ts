/** What `ghostc-web-runtime.js` exports: both runtimes, and the choice between them. */
import { picture as gpuPicture } from '../picture-input.ts';
import { picture as pixelPicture } from '../picture-pixels.ts';

export type { Backend, BackendName } from '../choose-backend.ts';
export { createWasmSession } from '../create-wasm-session.ts';
export type { GpuInput, PixelInput } from '../io-data.ts';
export { loadWeb, type WebOptions } from '../load-web.ts';
export type { WasmManifest, WasmProgram } from '../manifest.ts';
export { type CodeSource, openCode } from '../open-code.ts';
export * from './wgsl.ts';

/** An input from a picture or a video's current frame, for either backend. */
export function picture(...args: Parameters<typeof gpuPicture>) {
  return { ...gpuPicture(...args), ...pixelPicture(...args) };
}
