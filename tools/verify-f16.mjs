import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup.mjs';

/**
 * `npm run verify:f16`: WGSL with f16 matrices in Deno, on every module and on the large reference models of ../shared/models
 * too, which the test suite leaves out.
 */
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=verbose',
    'packages/runtimes/src/wgsl-f16.test.ts',
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, GHOSTC_LARGE: '1' } },
);
process.exitCode = status ?? 1;
