export { type EmitWgslOptions, emitWgsl, maxBindingBytes } from './emit-wgsl.ts';
