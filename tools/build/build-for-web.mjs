import { join } from 'node:path';
import { root } from './setup.mjs';
import { writeBundles } from './write-bundles.mjs';

/**
 * Files that are placed next to a bundle, by name: the runtimes of emitted packages, the client that runs
 * programs in other engines.
 */
const sources = {
  'wgsl-runtime': 'packages/wgsl-runtime/src/bundles/wgsl.ts',
  'wasm-runtime': 'packages/wgsl-runtime/src/bundles/wasm.ts',
  'web-runtime': 'packages/wgsl-runtime/src/bundles/web.ts',
  'remote-client': 'packages/runtimes/src/wgsl/remote-client.ts',
};

/** Builds the named files into a folder from which a bundle reads them. */
export async function buildForWeb(outdir, { outputFiles }) {
  const read = Object.keys(sources).filter((name) =>
    outputFiles.some(({ text }) => text.includes(`${name}.js`)),
  );
  if (read.length === 0) return;
  const { build } = await import('esbuild');
  const bundles = await build({
    entryPoints: Object.fromEntries(read.map((name) => [name, join(root, sources[name])])),
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@ghostc/source'],
    logLevel: 'warning',
    write: false,
  });
  writeBundles({ outputFiles: await Promise.all(bundles.outputFiles.map(shortened)) });
}

/** Terser takes a twentieth off what esbuild minifies: every page that uses a package downloads its runtime. */
async function shortened({ path, text }) {
  const { minify } = await import('terser');
  const { code } = await minify(text, { module: true, ecma: 2020, compress: { passes: 3 } });
  return { path, contents: code };
}
