import { join } from 'node:path';
import { root } from './setup.mjs';
import { writeBundles } from './write-bundles.mjs';

/**
 * What stands beside a bundle that uses @ghostc/runtimes: the WGSL runtime for emitted packages, and the client that runs
 * programs in other engines.
 */
export async function buildForWeb(outdir) {
  const { build } = await import('esbuild');
  const bundles = await build({
    entryPoints: {
      'wgsl-runtime': join(root, 'packages/wgsl-runtime/src/index.ts'),
      'remote-client': join(root, 'packages/runtimes/src/remote-client.ts'),
    },
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@ghostc/source'],
    logLevel: 'warning',
    write: false,
  });
  writeBundles(bundles);
}
