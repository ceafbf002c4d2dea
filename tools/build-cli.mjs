import { dirname, join } from 'node:path';
import { buildForWeb } from './build-for-web.mjs';
import { root } from './setup.mjs';
import { writeBundles } from './write-bundles.mjs';

/** Bundles the command into one file; packages with native code stay outside. */
export async function buildCli() {
  const { build } = await import('esbuild');
  const outfile = join(root, 'apps/cli/dist/ghostc.mjs');
  const bundle = await build({
    entryPoints: [join(root, 'apps/cli/src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@ghostc/source'],
    external: ['onnxruntime-node', 'webgpu', 'esbuild', 'playwright-core'],
    banner: {
      js: "#!/usr/bin/env node\nimport { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
    },
    logLevel: 'warning',
    write: false,
  });
  writeBundles(bundle, 0o755);
  await buildForWeb(dirname(outfile), bundle);
  return outfile;
}

if (process.argv[1]?.endsWith('build-cli.mjs')) await buildCli();
