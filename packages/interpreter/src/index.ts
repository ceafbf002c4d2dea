export { type BoundedOutput, boundedRun, errorBounds } from './error-bound.ts';
export { type InterpretOptions, interpret } from './interpret.ts';
