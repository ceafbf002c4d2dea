import type { Prelude } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import { mvePrelude } from './prelude.ts';

/** Two rows of weights share each vector of pixels; four pixels share each of weights. */
const PIXELS = 4;

/** Sums of the first row, then of the second: `vmladav` adds to registers of even numbers only. */
const sums = ['r0', 'r2', 'r4', 'r6', 'r8', 'r10', 'r12', 'lr'] as const;

/** Vectors of k that are not in a loop, and those of a turn of the loop. */
const UNROLLED = 6;
const TURN = 4;

/** C that calls the function of `dotProductsPrelude`: sums `a0` and `a1`, four pixels each; `c` goes on to the next pixels. */
export function dotProducts(vectors: number): string {
  return `dot_2x4_${vectors}(wm, wn, &c, &a0, &a1);`;
}

export function dotProductsPrelude(vectors: number): Prelude {
  const turns = vectors <= UNROLLED ? 0 : Math.floor(vectors / TURN);
  const looped = turns
    ? [
        ...sums.map((sum) => `mov ${sum}, #0`),
        '1:',
        ...range(TURN).flatMap(() => vector('vmladava')),
        'cmp %[c], %[end]',
        'bne 1b',
      ]
    : [];
  const rest = range(vectors - turns * TURN).flatMap((i) => vector(turns || i ? 'vmladava' : 'vmladav'));
  return {
    name: `dot-products-${vectors}`,
    needs: [mvePrelude],
    lines: [
      `/* Products of ${vectors} vectors of two rows of weights with those of four pixels. */`,
      `INLINED void dot_2x4_${vectors}(const int8_t *w0, const int8_t *w1, const int8_t **pixels, int32x4_t *a0, int32x4_t *a1)`,
      '{',
      'const int8_t *c = *pixels;',
      '#if EVEN_REGISTERS',
      ...(turns ? [`const int8_t *const end = c + ${64 * TURN * turns};`] : []),
      'int32x4_t first, second;',
      '__asm__ volatile(',
      ...[...looped, ...rest, ...gather].map((line) => `"${line}\\n\\t"`),
      ': [w0] "+&r"(w0), [w1] "+&r"(w1), [c] "+&r"(c), [first] "=&w"(first), [second] "=&w"(second)',
      `: ${turns ? '[end] "r"(end)' : ''}`,
      `: ${[...sums, 'q2', 'q3', 'cc', 'memory'].map((name) => `"${name}"`).join(', ')});`,
      '*a0 = first;',
      '*a1 = second;',
      '#else',
      `int32_t ${range(2 * PIXELS)
        .map((i) => `s${i} = 0`)
        .join(', ')};`,
      `for (int i = 0; i < ${vectors}; i++) {`,
      'const int8x16_t v0 = vldrbq_s8(w0), v1 = vldrbq_s8(w1);',
      ...range(PIXELS).flatMap((i) => [
        `const int8x16_t x${i} = vldrbq_s8(c + ${16 * i});`,
        `s${i} = vmladavaq_s8(s${i}, v0, x${i});`,
        `s${i + PIXELS} = vmladavaq_s8(s${i + PIXELS}, v1, x${i});`,
      ]),
      'w0 += 16;',
      'w1 += 16;',
      'c += 64;',
      '}',
      '*a0 = four(s0, s1, s2, s3);',
      '*a1 = four(s4, s5, s6, s7);',
      '#endif',
      '*pixels = c;',
      '}',
    ],
  };
}

/** A pixel is loaded into q2 and q3 in turn. */
function vector(multiply: 'vmladav' | 'vmladava'): string[] {
  return [
    'vldrb.8 %q[first], [%[w0]], #16',
    'vldrb.8 %q[second], [%[w1]], #16',
    ...range(PIXELS).flatMap((pixel) => {
      const x = `q${2 + (pixel % 2)}`;
      return [
        `vldrb.8 ${x}, [%[c]], #16`,
        `${multiply}.s8 ${sums[pixel]}, %q[first], ${x}`,
        `${multiply}.s8 ${sums[pixel + PIXELS]}, %q[second], ${x}`,
      ];
    }),
  ];
}

const gather = ['first', 'second'].flatMap((name, row) =>
  range(2).map((i) => {
    const [low, high] = [sums[row * PIXELS + i], sums[row * PIXELS + i + 2]];
    return `vmov %q[${name}][${i + 2}], %q[${name}][${i}], ${low}, ${high}`;
  }),
);
