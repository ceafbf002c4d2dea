import { byteSize } from '@ghostc/ir';
import type { ProgramFacts } from './header-text.ts';

type Stored = Pick<ProgramFacts, 'weightBytes' | 'weightTypes' | 'form'>;

/** Do the files hold bytes in the order of little-endian words? Hex words of 32-bit elements are right in either order. */
function assumesLittleEndian({ weightBytes, weightTypes, form }: Stored): boolean {
  return weightBytes > 0 && (form !== 'c' || [...weightTypes].some((dtype) => byteSize(dtype) !== 4));
}

/** Refuses a big-endian processor at compile time where the weights would be wrong there. */
export function byteOrderCheck(facts: Stored): string[] {
  if (!assumesLittleEndian(facts)) return [];
  return [
    '#if defined(__BIG_ENDIAN__) || defined(__ARM_BIG_ENDIAN) || \\',
    '  (defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)',
    '#error "the weights are little-endian words; this processor is big-endian"',
    '#endif',
    '',
  ];
}
