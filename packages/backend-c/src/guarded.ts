import { crc32 } from '@ghostc/ir';

import { indent } from './text/indent.ts';

/** Definitions that not every program uses all of: compilers are not to warn. */
export function guardedLines(name: string, lines: readonly string[]): string {
  return guarded(name, mayBeUnused(lines));
}

/** The lines as text, where no compiler warns of a function that nothing calls. */
export function mayBeUnused(lines: readonly string[]): string {
  return indent(lines).replace(/^static /gm, 'GHOSTC_UNUSED static ');
}

/**
 * Definitions that every program of a translation unit may share: the first one's count. Other definitions of the same name,
 * of another release or other options, are an error.
 */
export function guarded(name: string, text: string): string {
  const macro = `GHOSTC_${name.toUpperCase().replace(/\W+/g, '_')}`;
  const hash = `0x${crc32(new TextEncoder().encode(text)).toString(16).padStart(8, '0')}u`;
  return `#if !defined(${macro})
#define ${macro} ${hash}
${text}
#elif ${macro} != ${hash}
#error "programs of different options or releases of ghostc cannot share a translation unit"
#endif`;
}
