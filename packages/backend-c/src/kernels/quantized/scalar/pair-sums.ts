import type { Prelude } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import { scalarPrelude } from './prelude.ts';

/**
 * Two multiply-accumulates an instruction on cores without vectors. A word P = x0 + 2^16 x1 of two pixels times a weight is
 * w x0 + 2^16 w x1 modulo 2^32. The products of two weights, a group, fit in such halves: with
 *   t = w0 P0 + w1 P1 + BIAS,  BIAS = 32512 - 2^16 256,
 * the low half is in [0, 65280] and the high one in [-32768, 32512] for all int8, so that t >> 16 is the sum of the high
 * pixel minus 256. `high` adds t >> 16 and `both` adds t itself; the sum of the low pixel is both - 2^16 high, modulo 2^32,
 * which is exact as it fits in int32.
 */
const BIAS = 32512 - 256 * 65536;

/** Sums of a pair of pixels, as C expressions, once all groups are added. */
export const lowSum = (name: string): string => `(int32_t)(${both(name)} - ((uint32_t)${high(name)} << 16))`;
export const highSum = (name: string): string => high(name);

const both = (name: string): string => `both${name}`;
const high = (name: string): string => `high${name}`;

/** Groups of `taps` products. */
export function groupsOf(taps: number): number {
  return Math.ceil(taps / 2);
}

/** C expressions that sums of `groups` groups start with, from the expression of a bias. */
export function startsOf(bias: string, groups: number): { both: string; high: string } {
  return {
    both: `(uint32_t)${bias} * 65537u + ${(-groups * BIAS) >>> 0}u`,
    high: `${bias} + ${256 * groups}`,
  };
}

/** Declares the sums of pairs. */
export function declareSums(names: readonly string[], start: { both: string; high: string }): string[] {
  return [
    `uint32_t ${names.map((name) => `${both(name)} = ${start.both}`).join(', ')};`,
    `int32_t ${names.map((name) => `${high(name)} = ${start.high}`).join(', ')};`,
  ];
}

export function sumReferences(names: readonly string[]): string[] {
  return names.flatMap((name) => [`&${both(name)}`, `&${high(name)}`]);
}

/** Adds a group to the sums `name`; products as [weight, word] of int32 expressions. */
export function addGroup(
  { both: b, high: h }: { readonly both: string; readonly high: string },
  products: readonly (readonly [weight: string, word: string])[],
): string {
  const sum = products.map(([w, p]) => `(uint32_t)${w} * (uint32_t)${p}`).join(' + ');
  return `t = ${sum} + ${BIAS >>> 0}u; ${b} += t; ${h} += (int32_t)t >> 16;`;
}

export const sumsNamed = (name: string) => ({ both: both(name), high: high(name) });

/** Armv6-M has 8 registers that multiply and 5 or 6 that only add. */
function assembly(lines: readonly string[], operands: readonly string[]): string[] {
  return [
    '__asm__ volatile(',
    ...['.syntax unified', ...lines].map((line) => `"${line}\\n\\t"`),
    ...operands.map((operand) => `: ${operand}`),
    ');',
  ];
}

/** From a group's words in r0 and r1 to its sums. */
const flush = (word: string, name: string, bias: string): string[] => [
  `add ${word}, ${bias}`,
  `add %[both${name}], ${word}`,
  `asrs ${word}, ${word}, #16`,
  `add %[high${name}], ${word}`,
];

const weight = (k: number): string[] => [`movs %[v], #${k}`, `ldrsb %[v], [%[w], %[v]]`];

/** `add_row`: a row of weights, a multiple of four, times a block of two pairs of pixels. */
export const addRowPrelude: Prelude = {
  name: 'add-row',
  needs: [scalarPrelude],
  lines: [
    '/* Adds the products of weights, in fours, with two pairs of pixels from c to end. */',
    'INLINED void add_row(const int8_t *w, const int32_t *c, const int32_t *end, uint32_t *both0, int32_t *high0, uint32_t *both1, int32_t *high1)',
    '{',
    '#if THUMB_LOOPS',
    'uint32_t b0 = *both0, b1 = *both1;',
    `int32_t h0 = *high0, h1 = *high1, v = ${BIAS};`,
    ...assembly(
      [
        'mov lr, %[v]',
        '1:',
        ...range(2).flatMap((group) => [
          'ldmia %[c]!, {r0, r1, r2, r3}',
          ...weight(2 * group),
          'muls r0, %[v], r0',
          'muls r1, %[v], r1',
          ...weight(2 * group + 1),
          'muls r2, %[v], r2',
          'muls r3, %[v], r3',
          'adds r0, r0, r2',
          'adds r1, r1, r3',
          ...flush('r0', '0', 'lr'),
          ...flush('r1', '1', 'lr'),
        ]),
        'adds %[w], #4',
        'cmp %[c], %[end]',
        'bne 1b',
      ],
      [
        '[c] "+&l"(c), [w] "+&l"(w), [v] "+&l"(v), [both0] "+&h"(b0), [both1] "+&h"(b1), [high0] "+&h"(h0), [high1] "+&h"(h1)',
        '[end] "h"(end)',
        '"r0", "r1", "r2", "r3", "lr", "cc", "memory"',
      ],
    ),
    '*both0 = b0;',
    '*both1 = b1;',
    '*high0 = h0;',
    '*high1 = h1;',
    '#else',
    'do {',
    'uint32_t t;',
    ...range(2).map((group) =>
      range(2)
        .map((pair) =>
          addGroup(
            { both: `*both${pair}`, high: `*high${pair}` },
            range(2).map((k) => [`w[${2 * group + k}]`, `c[${4 * group + 2 * k + pair}]`] as const),
          ),
        )
        .join(' '),
    ),
    'c += 8;',
    'w += 4;',
    '} while (c != end);',
    '#endif',
    '}',
  ],
};

/** `add_window_N`: N weights, each a word, times as many words of one pair of pixels. */
export function addWindowPrelude(taps: number): Prelude {
  const groups = range(groupsOf(taps)).map((group) =>
    range(2)
      .map((i) => 2 * group + i)
      .filter((tap) => tap < taps),
  );
  return {
    name: `add-window-${taps}`,
    needs: [scalarPrelude],
    lines: [
      `/* Adds the products of ${taps} weights with ${taps} pairs of pixels. */`,
      `INLINED void add_window_${taps}(const int32_t *w, const int32_t *c, uint32_t *both, int32_t *high)`,
      '{',
      '#if THUMB_LOOPS',
      'uint32_t b = *both;',
      'int32_t h = *high;',
      ...assembly(
        groups.flatMap((group) => [
          ...(group.length === 2
            ? [
                'ldmia %[c]!, {r0, r1}',
                'ldmia %[w]!, {r2, r3}',
                'muls r0, r2, r0',
                'muls r1, r3, r1',
                'adds r0, r0, r1',
              ]
            : ['ldmia %[c]!, {r0}', 'ldmia %[w]!, {r2}', 'muls r0, r2, r0']),
          ...flush('r0', '', '%[bias]'),
        ]),
        [
          '[c] "+&l"(c), [w] "+&l"(w), [both] "+&h"(b), [high] "+&h"(h)',
          `[bias] "h"(${BIAS})`,
          '"r0", "r1", "r2", "r3", "cc", "memory"',
        ],
      ),
      '*both = b;',
      '*high = h;',
      '#else',
      'uint32_t t;',
      ...groups.map((group) =>
        addGroup(
          { both: '*both', high: '*high' },
          group.map((tap) => [`w[${tap}]`, `c[${tap}]`] as const),
        ),
      ),
      '#endif',
      '}',
    ],
  };
}

/** Name of the function. */
export const addWindow = (taps: number): string => `add_window_${taps}`;
