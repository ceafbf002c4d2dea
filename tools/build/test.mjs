import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withCachedCompilers } from './cached-compilers.mjs';
import { root, runTests, runTool, setup } from './setup.mjs';

/** Sets up, runs every test, then checks every shader that a test emitted with Tint and naga. */
await setup();
const shaders = join(root, 'node_modules/.cache/ghostc-shaders');
rmSync(shaders, { recursive: true, force: true });
const preload = `--import=${pathToFileURL(join(root, 'tools/verify/collect-shaders.mjs'))}`;
await runTests(process.argv.slice(2), {
  ...withCachedCompilers(process.env),
  GHOSTC_SHADERS: shaders,
  NODE_OPTIONS: [process.env.NODE_OPTIONS, preload].filter(Boolean).join(' '),
});
await runTool('tools/verify/check-shaders.ts', [shaders]);
