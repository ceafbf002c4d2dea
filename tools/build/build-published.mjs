import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { bundleForNode } from './bundle-for-node.mjs';
import { root } from './setup.mjs';
import { writeLicences } from './write-licences.mjs';

/** Builds the npm package `ghostc`: the command, the API with its types, and the licences of what is in both. */
const folder = join(root, 'apps/ghostc');
const dist = join(folder, 'dist');
const entries = { index: join(folder, 'src/index.ts'), vite: join(folder, 'src/vite.ts') };

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const builtTypes = {
  name: 'built-types',
  resolveId: (name) =>
    name.startsWith('@ghostc/')
      ? join(root, 'packages', name.slice('@ghostc/'.length), 'dist/index.d.ts')
      : null,
};
const metafiles = [await buildCommand(), await buildApi()];
await writeTypes();
writeLicences(dist, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), metafiles);
console.log('built ghostc');

function buildCommand() {
  const options = {
    firstLine: '#!/usr/bin/env node\n',
    mode: 0o755,
    sourcemap: true,
    sourcesContent: false,
    minifyWhitespace: true,
  };
  return bundleForNode(join(root, 'apps/cli/src/main.ts'), join(dist, 'ghostc.mjs'), options);
}

async function buildApi() {
  const { metafile } = await build({
    entryPoints: entries,
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@ghostc/source'],
    external: ['node:*'],
    sourcemap: true,
    sourcesContent: false,
    minifyWhitespace: true,
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** One declaration file an entry, with all that it names from other packages. */
async function writeTypes() {
  const compilerOptions = { types: ['@webgpu/types'] };
  const bundle = await rollup({
    input: entries,
    plugins: [builtTypes, dts({ tsconfig: join(root, 'tsconfig.json'), compilerOptions })],
    external: [/^node:/],
  });
  await bundle.write({ dir: dist, format: 'es' });
}
