export { type CheckOptions, checkPasses, PassDifference } from './check-passes.ts';
export { type Counterexample, compareGraphs } from './compare-graphs.ts';
export { randomGraph } from './random-graph.ts';
export { withSymbols } from './with-symbols.ts';
