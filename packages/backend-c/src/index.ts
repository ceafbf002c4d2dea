export type { CProgram, CTensor, Device, EmitCOptions } from './c-program.ts';
export { reservedNames } from './check-graph.ts';
export { emitC } from './emit-c.ts';
