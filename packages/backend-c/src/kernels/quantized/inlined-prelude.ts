import type { Prelude } from '../../kernel.ts';

/** `INLINED`: for functions whose arguments have to stay in registers. */
export const inlinedPrelude: Prelude = {
  name: 'inlined',
  lines: [
    '#if defined(__GNUC__)',
    '#define INLINED static inline __attribute__((always_inline))',
    '#else',
    '#define INLINED static inline',
    '#endif',
  ],
};
