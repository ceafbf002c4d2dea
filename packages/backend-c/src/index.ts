export type { CProgram, CTensor, Device, EmitCOptions } from './c-program.ts';
export { cType } from './c-type.ts';
export { reservedNames } from './check-graph.ts';
export { emitC, planC } from './emit-c.ts';
