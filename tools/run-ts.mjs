import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildForWeb } from './build-for-web.mjs';
import { root } from './setup.mjs';
import { writeBundles } from './write-bundles.mjs';

/**
 * Bundles a TypeScript file against the live sources and imports it: `node tools/run-ts.mjs FILE [ARGS]`. It runs in this
 * process, so that a signal ends it at once. The bundle stays in node_modules/.run-ts, where the next run replaces it.
 */
const [file] = process.argv.slice(2);
const outfile = join(
  root,
  'node_modules/.run-ts',
  `${relative(root, resolve(file)).replace(/\W+/g, '-')}.mjs`,
);
const bundle = await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['@ghostc/source'],
  external: ['onnxruntime-node', 'onnxruntime-web', 'webgpu', 'esbuild', 'playwright-core'],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
  write: false,
});
writeBundles(bundle);
await buildForWeb(dirname(outfile), bundle);
await import(pathToFileURL(outfile).href);
