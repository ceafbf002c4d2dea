import type { Value } from '@ghostc/ir';
import { scalarOf } from './constant-math.ts';

/** Whether a constant is a number to the precision of its type. Exporters write sqrt 2 with 6 to 17 digits. */
export function isAbout(value: Value, wanted: number): boolean {
  const found = scalarOf(value);
  const coarse = value.type.dtype === 'f16' ? 2 ** -10 : value.type.dtype === 'bf16' ? 2 ** -7 : 2e-6;
  return found !== undefined && Math.abs(found - wanted) <= coarse * Math.abs(wanted);
}
