import type { Lane } from '../kernel.ts';

/** Whether `v` is NaN, asked of the bits: compilers may take a comparison with itself for true. */
export function isNan(T: Lane, v: string): string {
  const U = T === 'f32' ? 'u32' : 'vec4u';
  return `((bitcast<${U}>(${v}) & ${U}(0x7fffffffu)) > ${U}(0x7f800000u))`;
}
