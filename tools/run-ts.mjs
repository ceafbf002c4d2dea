import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildForWeb } from './build-for-web.mjs';
import { root } from './setup.mjs';

/** Bundles a TypeScript file against the live sources and imports it: `node tools/run-ts.mjs FILE [ARGS]`. */
const [file] = process.argv.slice(2);
const folder = mkdtempSync(join(root, 'node_modules', '.run-ts-'));
try {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@ghostc/source'],
    external: ['onnxruntime-node', 'onnxruntime-web', 'webgpu', 'esbuild', 'playwright-core'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await buildForWeb(folder);
  const bundle = join(folder, 'bundle.mjs');
  writeFileSync(bundle, outputFiles[0].contents);
  await import(pathToFileURL(bundle).href);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
