/** memcpy and memset: of string.h, or instructions where there is no C library. */
export const memoryFunctions: readonly string[] = [
  '#if defined(__wasm__)',
  '#define memcpy __builtin_memcpy',
  '#define memset __builtin_memset',
  '#else',
  '#include <string.h>',
  '#endif',
];
