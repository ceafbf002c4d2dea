import { existsSync, readFileSync } from 'node:fs';
import type { Tool } from '../process/require-tool.ts';

const cpuinfo = '/proc/cpuinfo';

export const avx2: Tool = {
  name: 'a processor with AVX2',
  packages: {},
  found: () => /\bavx2\b/.test(existsSync(cpuinfo) ? readFileSync(cpuinfo, 'utf8') : ''),
};

/** Of generated C, only the copy that a plain build runs on this processor: half the compiler's time. */
export const ownCopy = (): string[] => (avx2.found() ? ['-mavx2', '-mfma'] : []);
