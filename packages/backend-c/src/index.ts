export type { CProgram, CTensor, Device, EmitCOptions } from './c-program.ts';
export { cType } from './c-type.ts';
export { emitC } from './emit-c.ts';
