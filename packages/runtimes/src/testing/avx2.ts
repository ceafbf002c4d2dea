import { readFileSync } from 'node:fs';
import type { Tool } from '../process/require-tool.ts';

export const avx2: Tool = {
  name: 'a processor with AVX2',
  packages: {},
  found: () => readFileSync('/proc/cpuinfo', 'utf8').includes(' avx2 '),
};
