export { checkProgram, type Limits } from './check-program.ts';
export type { OnProgress } from './compile-pipelines.ts';
export {
  createSession,
  type Inputs,
  type Outputs,
  type Session,
  type SessionOptions,
} from './create-session.ts';
export type { Dispatch, IoTensor, WgslManifest, WgslProgram } from './manifest.ts';
