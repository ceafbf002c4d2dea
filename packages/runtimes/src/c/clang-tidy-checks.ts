/** Checks of clang-tidy that are on for generated C. */
const on = ['bugprone-*', 'cert-*', 'clang-analyzer-*'];

/** Those of them that are off, and why. */
const off: readonly (readonly [string, string])[] = [
  ['bugprone-easily-swappable-parameters', 'kernels take several pointers and sizes of one type by nature'],
  [
    'bugprone-implicit-widening-of-multiplication-result',
    'indices are products of constants and stay below the elements of a tensor, which are below 2^31',
  ],
  ['bugprone-signed-char-misuse', 'an int8_t is a number here, no character'],
  ['cert-str34-c', 'the same check by another name'],
];

/** Value of `-checks`. */
export const clangTidyChecks = ['-*', ...on, ...off.map(([name]) => `-${name}`)].join(',');
