import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** Bundles the command into one file; packages with native code stay outside. */
export async function buildCli() {
  const { build } = await import('esbuild');
  const outfile = join(root, 'apps/cli/dist/ghostc.mjs');
  await build({
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
  });
  chmodSync(outfile, 0o755);
  await buildForWeb(build);
  return outfile;
}

/** What stands beside the command: the WGSL runtime for emitted packages, and the client that runs programs elsewhere. */
async function buildForWeb(build) {
  await build({
    entryPoints: {
      'wgsl-runtime': join(root, 'packages/wgsl-runtime/src/index.ts'),
      'remote-client': join(root, 'packages/runtimes/src/remote-client.ts'),
    },
    outdir: join(root, 'apps/cli/dist'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@ghostc/source'],
    logLevel: 'warning',
  });
}

if (process.argv[1]?.endsWith('build-cli.mjs')) await buildCli();
