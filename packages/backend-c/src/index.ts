export type { CProgram, CTensor, Device, EmitCOptions } from './c-program.ts';
export { emitC } from './emit-c.ts';
