import { dirname } from 'node:path';
import { buildForWeb } from './build-for-web.mjs';
import { writeBundles } from './write-bundles.mjs';

const external = [
  ...['onnxruntime-node', 'onnxruntime-web', 'webgpu', 'esbuild', 'playwright-core'],
  ...['bullmq', 'ioredis', 'piscina'], // workers and queues, loaded when they are asked for
];
const requires =
  "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);";

/** Bundles a TypeScript file into one for Node, with what it reads beside it; packages with native code stay outside. */
export async function bundleForNode(entry, outfile, { firstLine = '', mode } = {}) {
  const { build } = await import('esbuild');
  const bundle = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@ghostc/source'],
    external,
    banner: { js: firstLine + requires },
    logLevel: 'warning',
    write: false,
  });
  writeBundles(bundle, mode);
  await buildForWeb(dirname(outfile), bundle);
}
