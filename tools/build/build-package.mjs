import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root, run } from './setup.mjs';

/** Bundles the package in the current folder to dist/index.js, with its types; its dependencies stay imports. */
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
await build({
  entryPoints: ['src/index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  define: { 'process.env.GHOSTC_VERSION': JSON.stringify(version) },
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
await emitTypes();
console.log(`built ${name}`);

/** Declarations, checked against those of the packages built before, as a user sees them. */
async function emitTypes() {
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8'));
  const { customConditions, noEmit, ...options } = compilerOptions;
  const config = 'dist/tsconfig.json';
  writeFileSync(
    config,
    JSON.stringify({
      compilerOptions: {
        ...options,
        declaration: true,
        emitDeclarationOnly: true,
        outDir: '.',
        rootDir: '../src',
      },
      files: ['../src/index.ts'],
    }),
  );
  await run(process.execPath, [
    join(root, 'node_modules/typescript-7/bin/tsc'),
    '-p',
    join(process.cwd(), config),
  ]);
  rmSync(config);
}
