export { type ApplyOptions, applyRules, type NearMiss } from './apply-rules.ts';
export type { Build } from './build.ts';
export { castBoundary } from './cast-boundary.ts';
export { channelsLastBoundary } from './channels-last-boundary.ts';
export {
  type Explanation,
  explainRule,
  findRule,
  type NearMissReport,
  type RuleSite,
} from './explain-rule.ts';
export { type FoundMatch, findMatches } from './find-matches.ts';
export type { FusesGhostRows } from './fuse-ghost-rows.ts';
export { lower, lowerForGpu, lowerForMcu, lowerForTflite, lowerToLayers } from './lower.ts';
export {
  gpuLoweringPasses,
  loweringPasses,
  optimizationPasses,
  passes,
  splitForIntegers,
} from './optimize.ts';
export { type Pass, type RunOptions, rulePass, runPasses } from './pass.ts';
export {
  any,
  type Captures,
  type ChainPattern,
  chain,
  constant,
  each,
  either,
  type OpPattern,
  op,
  opaque,
  optional,
  type Pattern,
  type RootPattern,
  roots,
  same,
} from './pattern.ts';
export { patternOf } from './pattern-of.ts';
export { type Rule, type RuleSpec, rule } from './rule.ts';
export { rules } from './rule-table.ts';
export type { FusesGhost } from './rules/fuse-for-gpu.ts';
export { splitForThreads } from './split-for-threads.ts';
export { splitWide } from './split-wide.ts';
export { formatTextCases, parseTextCases, type TextCase } from './text-cases.ts';
export { widenHalf } from './widen-half.ts';
