/** memcpy and memset: of string.h, or the instructions that a file for WebAssembly has defined them as. */
export const memoryFunctions: readonly string[] = ['#if !defined(memcpy)', '#include <string.h>', '#endif'];
