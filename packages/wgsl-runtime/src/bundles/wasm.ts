/** What `ghostc-wasm-runtime.js` exports: the runtime of WebAssembly packages. */
export { createWasmSession } from '../create-wasm-session.ts';
export { fileBeside } from '../file-beside.ts';
export type { Inputs, IoData, PixelInput } from '../io-data.ts';
export type { IoTensor, IoType, ProgramManifest, WasmManifest, WasmProgram, Weights } from '../manifest.ts';
export { type CodeSource, openCode } from '../open-code.ts';
export { type OpenOptions, openWeights, type WeightSource } from '../open-weights.ts';
export { picture } from '../picture-pixels.ts';
export type { MovingSource, PictureOptions, Source, StillSource } from '../picture-source.ts';
export type { OnDownload } from '../receive-weights.ts';
export type { DispatchTime, Outputs, Session } from '../session.ts';
export { type Ranked, topK } from '../top-k.ts';
