export type { MemoryPlan, Placement, PlanOptions } from './memory-plan.ts';
export { planMemory } from './plan-memory.ts';
