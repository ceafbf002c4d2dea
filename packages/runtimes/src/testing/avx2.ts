import { existsSync, readFileSync } from 'node:fs';
import type { Tool } from '../process/require-tool.ts';

const cpuinfo = '/proc/cpuinfo';

const has = (flag: string): boolean =>
  existsSync(cpuinfo) && new RegExp(`\\b${flag}\\b`).test(readFileSync(cpuinfo, 'utf8'));

export const avx2: Tool = { name: 'a processor with AVX2', packages: {}, found: () => has('avx2') };

/** Flags of the widest copy, and whether this processor has its instructions. No emulator has them. */
export const avx512Flags = ['-mfma', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mavx512vnni'];
export const hasAvx512 = (): boolean => has('avx512_vnni');

/** Of generated C, only the copy that a plain build runs on this processor: half the compiler's time. */
export const ownCopy = (): string[] => {
  if (hasAvx512()) return avx512Flags;
  return avx2.found() ? ['-mavx2', '-mfma'] : [];
};
