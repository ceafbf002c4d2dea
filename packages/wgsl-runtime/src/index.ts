export { checkProgram, type Limits } from './check-program.ts';
export type { OnProgress } from './compile-pipelines.ts';
export {
  createSession,
  type DeviceSource,
  type Outputs,
  type Session,
  type SessionOptions,
} from './create-session.ts';
export type { GpuInput, GpuTarget, Inputs, IoData } from './io-data.ts';
export type {
  Dispatch,
  IoTensor,
  IoType,
  Requirement,
  Variant,
  Weights,
  WgslManifest,
  WgslProgram,
} from './manifest.ts';
export { openWeights, type WeightSource } from './open-weights.ts';
export { type Offers, offersOf, pickVariants } from './pick-variants.ts';
export {
  type MovingSource,
  type PictureOptions,
  picture,
  pictureShader,
  type StillSource,
} from './picture-input.ts';
export type { DispatchTime } from './profile-program.ts';
export { requestDevice } from './request-device.ts';
