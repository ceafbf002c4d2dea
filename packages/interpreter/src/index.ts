export { type InterpretOptions, interpret } from './interpret.ts';
