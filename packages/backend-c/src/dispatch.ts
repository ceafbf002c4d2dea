/**
 * Run-time dispatch on x86-64: if the compiler may not use AVX2, the source has a second copy of kernels and
 * layers, built for AVX2 and FMA under different names, and the run function queries the processor. One file
 * still builds with a plain `cc -O2`.
 */

const suffix = '_avx2';

/** Tests of the preprocessor that ask for AVX or AVX2. */
const vectorTest = /defined\(__AVX2?__\)/g;

/** Does the text have other instructions for AVX? Only then a second copy is worth its bytes. */
export function asksForAvx(functions: string): boolean {
  return functions.search(vectorTest) >= 0;
}

/** When a second copy is built. `-DGHOSTC_DISPATCH=0` leaves it out. */
export const dispatchMacro: readonly string[] = [
  '#if !defined(GHOSTC_DISPATCH)',
  '#if defined(__GNUC__) && defined(__x86_64__) && !defined(__AVX2__)',
  '#define GHOSTC_DISPATCH 1',
  '#else',
  '#define GHOSTC_DISPATCH 0',
  '#endif',
  '#endif',
  '#if GHOSTC_DISPATCH',
  '#include <immintrin.h>',
  '#endif',
];

/** The text between lines that let the compiler use AVX2 and FMA. */
export function builtForAvx2(text: string): string {
  return `#if GHOSTC_DISPATCH
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
${text}
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif`;
}

/** What the run function does first when there is a second copy. */
export function avx2Call(run: string, parameters: readonly string[]): string[] {
  return [
    '#if GHOSTC_DISPATCH',
    'if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {',
    `return ${run}${suffix}(${parameters.join(', ')});`,
    '}',
    '#endif',
  ];
}

/** What a text of preludes and functions defines at its top level: functions, arrays and other constants, macros, types. */
const definitions =
  /^(?:GHOSTC_UNUSED )?(?:static|KERNEL)\b[^(\n=]*?\b(\w+)(?:\(|\[| =)|^#define (\w+)|^typedef\b.*?\b(\w+)(?: __attribute__.*|\[.*)?;$|^\} (\w+);$/gm;

/** Renames what `functions` defines, and `run`, in any text. */
export function avx2Names(functions: string, run: string): (text: string) => string {
  const defined = [...functions.matchAll(definitions)].flatMap((match) => match.slice(1).filter(Boolean));
  const names = new Set([...defined, run]);
  return (text) =>
    text
      .replace(vectorTest, 'GHOSTC_DISPATCH')
      .replace(/\b[A-Za-z_]\w*/g, (word) => (names.has(word) ? word + suffix : word));
}
