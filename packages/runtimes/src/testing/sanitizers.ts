import { type CDevice, cDevice } from '../c/c-device.ts';
import { onPath } from '../process/on-path.ts';

/**
 * Stops at the first bad access or undefined behaviour. What AddressSanitizer finds by itself (null, objects that are too small)
 * is asked once. Nothing is optimised away before it is checked.
 */
const checks: readonly string[] = [
  '-O0',
  '-fsanitize=address,undefined',
  '-fno-sanitize=null,object-size,pointer-overflow',
  '-fno-sanitize-recover=all',
];

/** GCC's checks as calls: a third of the time. */
const asCalls = '--param=asan-instrumentation-with-call-threshold=0';

/**
 * The host with the checks. Clang compiles them in a fifth of the time of GCC. GCC links: its libasan and libubsan are LLVM's,
 * and Clang's own are a package that few have. The linker refuses them if their versions differ.
 */
export const checkedHost: CDevice = onPath('clang')
  ? { ...cDevice('host'), compiler: 'clang', linker: cDevice('host').compiler, flags: checks }
  : { ...cDevice('host'), flags: [...checks, asCalls] };
