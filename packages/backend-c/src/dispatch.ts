/**
 * Run-time dispatch on x86-64: if the compiler may not use AVX2, the source has further copies of kernels and layers, each
 * built for more instructions under different names, and the run function queries the processor. One file still builds with
 * a plain `cc -O2`.
 */

/** Instructions that a copy is built for. */
interface Level {
  /** Of the names in the copy. */
  readonly suffix: string;
  /** The copy exists from this value of GHOSTC_DISPATCH on. */
  readonly dispatch: number;
  /** As compilers and their test of the processor name them. */
  readonly features: readonly string[];
  /** Tests of the preprocessor that hold in the copy. */
  readonly tests: RegExp;
}

/** The widest come last. */
const levels: readonly Level[] = [
  { suffix: '_avx2', dispatch: 1, features: ['avx2', 'fma'], tests: /defined\(__AVX2?__\)/g },
  {
    suffix: '_avx512',
    dispatch: 2,
    features: ['avx2', 'fma', 'avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'avx512vnni'],
    tests: /defined\(__AVX(?:2|512\w+)?__\)/g,
  },
];

/** As C: may all instructions of the widest level be used? */
export const hasAvx512 = 'defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)';

/** Does the text have other instructions for AVX? Only then are copies worth their bytes. */
export function asksForAvx(functions: string): boolean {
  return levels.some(({ tests }) => functions.search(tests) >= 0);
}

/**
 * Which copies are built: 2, all; 1, only the one for AVX2; 0, none. GCC 8 is the first that can query all features of the
 * widest.
 */
export const dispatchMacro: readonly string[] = [
  '#if !defined(GHOSTC_DISPATCH)',
  '#if !defined(__GNUC__) || !defined(__x86_64__) || defined(__AVX2__)',
  '#define GHOSTC_DISPATCH 0',
  '#elif defined(__clang__) || __GNUC__ >= 8',
  '#define GHOSTC_DISPATCH 2',
  '#else',
  '#define GHOSTC_DISPATCH 1',
  '#endif',
  '#endif',
  '#if GHOSTC_DISPATCH',
  '#include <immintrin.h>',
  '#endif',
];

/** A copy for each level of `text`, which defines `functions` and `run`. */
export function copies(text: string, functions: string, run: string): string[] {
  const names = defined(functions, run);
  return levels.map((level) => {
    const target = level.features.join(',');
    return `${condition(level)}
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("${target}"))), apply_to = function)
#else
#pragma GCC push_options
#if defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#pragma GCC optimize("O3")
#endif
#pragma GCC target("${target}")
#endif
${renamed(text, names, level)}
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif`;
  });
}

/** What the run function does first when there are copies. */
export function copyCalls(run: string, parameters: readonly string[]): string[] {
  return levels
    .toReversed()
    .flatMap((level) => [
      condition(level),
      `if (${level.features.map((one) => `__builtin_cpu_supports("${one}")`).join(' && ')}) {`,
      `return ${run}${level.suffix}(${parameters.join(', ')});`,
      '}',
      '#endif',
    ]);
}

function condition({ dispatch }: Level): string {
  return dispatch === 1 ? '#if GHOSTC_DISPATCH' : `#if GHOSTC_DISPATCH >= ${dispatch}`;
}

/** What a text of preludes and functions defines at its top level: functions, arrays and other constants, macros, types. */
const definitions =
  /^(?:GHOSTC_UNUSED )?(?:static|KERNEL)\b[^(\n=]*?\b(\w+)(?:\(|\[| =)|^#define (\w+)|^typedef\b.*?\b(\w+)(?: __attribute__.*|\[.*)?;$|^\} (\w+);$/gm;

function defined(functions: string, run: string): ReadonlySet<string> {
  const found = [...functions.matchAll(definitions)].flatMap((match) => match.slice(1).filter(Boolean));
  return new Set([...found, run]);
}

function renamed(text: string, names: ReadonlySet<string>, { suffix, tests }: Level): string {
  return text
    .replace(tests, 'GHOSTC_DISPATCH')
    .replace(/\b[A-Za-z_]\w*/g, (word) => (names.has(word) ? word + suffix : word));
}
