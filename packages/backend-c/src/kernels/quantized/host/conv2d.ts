import { attrsOf, qlinearConv2d } from '@ghostc/ops';
import type { Kernel, Prelude } from '../../../kernel.ts';
import { convGeometry, isPointwise } from '../../conv-geometry.ts';
import { range } from '../../gemm-block.ts';
import { input } from '../../operands.ts';
import { foldedBias, layerData } from '../accumulators.ts';
import { pointwiseTask } from '../conv2d.ts';
import { type Pointwise, pointwiseBody, pointwiseCall } from '../pointwise.ts';

/** Pixels of a block: four registers of int32. */
const BLOCK = 16;

const ssePrelude: Prelude = {
  name: 'sse2',
  lines: [
    '#if defined(__SSE2__)',
    '#include <emmintrin.h>',
    '',
    '/* Two weights in every int32. */',
    'static inline __m128i weight_pair(int32_t a, int32_t b)',
    '{',
    'return _mm_set1_epi32((int32_t)(((uint32_t)a & 0xffffu) | ((uint32_t)b << 16)));',
    '}',
    '#endif',
  ],
};

/** 1x1 convolutions of int8 on x86: two input channels of four pixels take one multiply-add. Portable code where there is no SSE2. */
export const conv2d: Kernel = {
  accepts(node) {
    const geometry = convGeometry(node, attrsOf(qlinearConv2d, node));
    const { group, channels, height, width } = geometry;
    if (!isPointwise(geometry) || group > 1 || channels < 2 || height * width < BLOCK) return false;
    return input(node, 0).type.dtype === 'i8' && foldedBias(node, layerData(node)) !== null;
  },
  emit(context) {
    const task = pointwiseTask(context) as Pointwise;
    const { fn, args } = pointwiseCall(context, task);
    const simd = pointwiseBody(task, 2, (rows) => rowBlock(task, rows));
    return {
      fn: {
        ...fn,
        hint: `${fn.hint}_simd`,
        body: ['#if defined(__SSE2__)', ...simd, '#else', ...fn.body, '#endif'],
        needs: [...(fn.needs ?? []), ssePrelude],
      },
      args,
    };
  },
};

/** Blocks of 16 pixels of some output channels; the last block steps back to end with the plane. */
function rowBlock(task: Pointwise, rows: number): string[] {
  const { inner, plane, scale } = task;
  const cells = range(rows).flatMap((r) => range(4).map((c) => ({ r, c })));
  return [
    `const int8_t *wm = w + m * ${inner};`,
    `for (int q = 0; q < ${plane}; q += ${BLOCK}) {`,
    `const int p = q + ${BLOCK} <= ${plane} ? q : ${plane - BLOCK};`,
    'const int8_t *xk = x + p;',
    `int32_t t[${rows * BLOCK}];`,
    ...cells.map(({ r, c }) => `__m128i a${r}${c} = _mm_set1_epi32(b[m + ${r}]);`),
    `for (int k = 0; k + 2 <= ${inner}; k += 2) {`,
    `const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(xk + ${plane}));`,
    ...products(rows, (r) => `weight_pair(wm[k + ${r * inner}], wm[k + ${r * inner + 1}])`),
    `xk += ${2 * plane};`,
    '}',
    ...(inner % 2
      ? [
          '{',
          'const __m128i v = _mm_setzero_si128();',
          ...products(rows, (r) => `weight_pair(wm[${(r + 1) * inner - 1}], 0)`),
          '}',
        ]
      : []),
    ...cells.map(({ r, c }) => `_mm_storeu_si128((__m128i *)(void *)(t + ${r * BLOCK + 4 * c}), a${r}${c});`),
    ...range(rows).flatMap((r) => [
      `for (int i = 0; i < ${BLOCK}; i++) {`,
      `y[(m + ${r}) * ${plane} + p + i] = ${scale.output(`t[${r * BLOCK} + i]`, `m + ${r}`)};`,
      '}',
    ]),
    '}',
  ];
}

/** Adds the products of input channels k (at `xk`) and k + 1 (`v`): bytes interleaved, widened to int16 pairs. */
function products(rows: number, weight: (r: number) => string): string[] {
  const widened = ['l', 'l', 'h', 'h'].map((half, c) => {
    const unpack = c % 2 ? '_mm_unpackhi_epi8' : '_mm_unpacklo_epi8';
    return `const __m128i x${c} = _mm_srai_epi16(${unpack}(${half}, ${half}), 8);`;
  });
  return [
    'const __m128i u = _mm_loadu_si128((const __m128i *)(const void *)xk);',
    'const __m128i l = _mm_unpacklo_epi8(u, v), h = _mm_unpackhi_epi8(u, v);',
    ...widened,
    ...range(rows).flatMap((r) => [
      `const __m128i w${r} = ${weight(r)};`,
      ...range(4).map((c) => `a${r}${c} = _mm_add_epi32(a${r}${c}, _mm_madd_epi16(x${c}, w${r}));`),
    ]),
  ];
}
