export { bisect } from './bisect.ts';
export { isolateNodes, referenceValues, type Sample } from './isolate.ts';
export { allowances, type Failure, type Outcome, type Pair } from './outcome.ts';
export type { BisectOptions, BisectReport, BisectRow, NamedNode } from './session.ts';
