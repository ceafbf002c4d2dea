/** What `ghostc-runtime.js` exports: the runtime of WGSL packages. */
export { checkProgram, type Limits } from '../check-program.ts';
export type { OnProgress } from '../compile-pipelines.ts';
export {
  createSession,
  type DeviceSource,
  type SessionOptions,
} from '../create-session.ts';
export { fileBeside } from '../file-beside.ts';
export type { AdapterKind } from '../gpu-program.ts';
export type { GpuInput, GpuTarget, Inputs, IoData } from '../io-data.ts';
export type {
  Dispatch,
  IoTensor,
  IoType,
  ProgramManifest,
  Requirement,
  Variant,
  Weights,
  WgslManifest,
  WgslProgram,
} from '../manifest.ts';
export { type OpenOptions, openWeights, type WeightSource } from '../open-weights.ts';
export { type Offers, offersOf, pickVariants } from '../pick-variants.ts';
export { picture, pictureShader } from '../picture-input.ts';
export type { MovingSource, PictureOptions, Source, StillSource } from '../picture-source.ts';
export type { OnDownload } from '../receive-weights.ts';
export { requestDevice } from '../request-device.ts';
export type { DispatchTime, Outputs, Session } from '../session.ts';
export { type Ranked, topK } from '../top-k.ts';
