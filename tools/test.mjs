import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, run, setup } from './setup.mjs';

/**
 * Sets up, runs every test, then holds every shader that a test emitted against Tint and naga.
 */
setup();
const shaders = join(root, 'node_modules/.cache/ghostc-shaders');
rmSync(shaders, { recursive: true, force: true });
const preload = `--import=${pathToFileURL(join(root, 'tools/collect-shaders.mjs'))}`;
run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)], {
  ...process.env,
  GHOSTC_SHADERS: shaders,
  NODE_OPTIONS: [process.env.NODE_OPTIONS, preload].filter(Boolean).join(' '),
});
run(process.execPath, [join(root, 'tools/run-ts.mjs'), join(root, 'tools/check-shaders.ts'), shaders]);
