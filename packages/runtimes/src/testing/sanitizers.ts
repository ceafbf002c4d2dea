/**
 * Stops at the first bad access or undefined behaviour. What AddressSanitizer finds by itself (null, objects that are too
 * small) is asked once, and its checks are calls. Nothing is optimised away before it is checked, and GCC takes a third of
 * the time of -O1.
 */
export const sanitizers: readonly string[] = [
  '-O0',
  '-fsanitize=address,undefined',
  '-fno-sanitize=null,object-size,pointer-overflow',
  '-fno-sanitize-recover=all',
  '--param=asan-instrumentation-with-call-threshold=0',
];

/** Compiles only the copy of the kernels that this processor runs. */
export const ownCopy = '-march=native';
