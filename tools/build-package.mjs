import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

/** Bundles the package in the present folder to dist/index.js; its dependencies stay imports. */
const { name } = JSON.parse(readFileSync('package.json', 'utf8'));
await build({
  entryPoints: ['src/index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
console.log(`built ${name}`);
