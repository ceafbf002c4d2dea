export { type EmitWgslOptions, emitWgsl, maxBindingBytes } from './emit-wgsl.ts';
export { type BlockShape, blockShapes, type TunableLayer, type Tuning } from './tuning.ts';
