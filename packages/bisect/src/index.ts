export { type BisectOptions, type BisectReport, bisect, type TensorRow } from './bisect.ts';
export type { Sample } from './isolate.ts';
export type { Distance, Outcome, Pair } from './measure.ts';
