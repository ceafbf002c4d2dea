export { difference } from './bounded.ts';
export { type BoundedOutput, type BoundOptions, boundedRun, errorBounds } from './error-bound.ts';
export { type InterpretOptions, interpret } from './interpret.ts';
export { KnownResults } from './known-results.ts';
export { type Arithmetic, type NoiseOptions, type NoisyOutput, roundingNoise } from './rounding-noise.ts';
