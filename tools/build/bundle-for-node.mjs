import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildForWeb } from './build-for-web.mjs';
import { root } from './setup.mjs';
import { writeBundles } from './write-bundles.mjs';

const external = [
  ...['onnxruntime-node', 'onnxruntime-web', 'webgpu', 'esbuild', 'playwright-core'],
  ...['@aws-sdk/client-s3', 'bullmq', 'ioredis', 'piscina'], // workers, queues and stores, loaded when they are asked for
];
const requires =
  "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);";

/**
 * Bundles a TypeScript file into one for Node, together with the files that it reads; packages with native
 * code stay external. Returns esbuild's list of the files that went in.
 */
export async function bundleForNode(entry, outfile, { firstLine = '', mode, ...further } = {}) {
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(root, 'apps/ghostc/package.json'), 'utf8'));
  const bundle = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@ghostc/source'],
    external,
    define: { 'process.env.GHOSTC_VERSION': JSON.stringify(version) },
    banner: { js: firstLine + requires },
    logLevel: 'warning',
    write: false,
    metafile: true,
    ...further,
  });
  writeBundles(bundle, mode);
  await buildForWeb(dirname(outfile), bundle);
  return bundle.metafile;
}
