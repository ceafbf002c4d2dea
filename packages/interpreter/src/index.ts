export { errorBounds } from './error-bound.ts';
export { type InterpretOptions, interpret } from './interpret.ts';
