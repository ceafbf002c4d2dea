export type { CProgram, CStream, CTensor, Device, EmitCOptions, PlanCOptions } from './c-program.ts';
export { cType } from './c-type.ts';
export { reservedNames } from './check-graph.ts';
export { emitC } from './emit-c.ts';
export { planC } from './plan-c.ts';
