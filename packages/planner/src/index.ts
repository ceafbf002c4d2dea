export { type ArenaSpan, arenaSpans } from './arena-spans.ts';
export type { MemoryPlan, Placement, PlanOptions, Step } from './memory-plan.ts';
export { parallelStages, type Stage } from './parallel-stages.ts';
export { type PlacedStream, placeStreams, type Region, type StreamedPlan } from './place-streams.ts';
export { planMemory } from './plan-memory.ts';
export { planWithin, type WithinOptions, type WithinResult } from './plan-within.ts';
export { layersOf, runningSteps } from './running-steps.ts';
export type { RowMove, RowRules, Stream } from './stream.ts';
