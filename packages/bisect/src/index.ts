export { type BisectOptions, type BisectReport, bisect, type TensorRow } from './bisect.ts';
export { isolateNodes, referenceValues, type Sample } from './isolate.ts';
export {
  allowances,
  type Distance,
  measureOutputs,
  type Outcome,
  type Pair,
} from './measure.ts';
