import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StatsCompilation } from 'webpack';

/** A project with `page.js`, which starts `worker.js` as a module, and the package `net` beside them. */
export interface Project {
  readonly folder: string;
  /** Where the bundle goes. */
  readonly out: string;
}

/** Rejects with what the bundler says, warnings too. */
type Bundle = (project: Project) => Promise<void>;

/** Bundlers whose result has `page.js` as a module, except webpack's, which is a classic script. */
export const bundlers: Readonly<Record<string, Bundle>> = {
  vite: async ({ folder, out }) => {
    const { build } = await import('vite');
    await build({
      root: folder,
      base: './',
      logLevel: 'silent',
      worker: { format: 'es' },
      build: {
        outDir: out,
        assetsInlineLimit: 0,
        rollupOptions: {
          input: join(folder, 'page.js'),
          preserveEntrySignatures: 'strict',
          output: { entryFileNames: '[name].js' },
          onwarn: ({ message }) => refuse('vite', message),
        },
      },
    });
  },
  webpack: async ({ folder, out }) => {
    const { default: webpack } = await import('webpack');
    const compiler = webpack({
      mode: 'production',
      context: folder,
      entry: './page.js',
      output: { path: out, filename: 'page.js' },
      performance: false,
      optimization: { minimize: false },
    });
    const { errors = [], warnings = [] } = await new Promise<StatsCompilation>((resolve, reject) => {
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats?.toJson() ?? {})));
    });
    const [problem] = [...errors, ...warnings];
    if (problem) refuse('webpack', problem.message);
  },
  rollup: async ({ folder, out }) => {
    const { rollup } = await import('rollup');
    const input = ['page.js', 'worker.js'].map((name) => join(folder, name));
    const bundle = await rollup({ input, onwarn: ({ message }) => refuse('rollup', message) });
    await bundle.write({ dir: out, format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name].js' });
    await copyBinaries({ folder, out });
  },
  esbuild: async ({ folder, out }) => {
    const { build } = await import('esbuild');
    const entryPoints = ['page.js', 'worker.js'].map((name) => join(folder, name));
    const { warnings } = await build({
      entryPoints,
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      logLevel: 'silent',
    });
    if (warnings[0]) refuse('esbuild', warnings[0].text);
    await copyBinaries({ folder, out });
  },
};

function refuse(bundler: string, message: string): never {
  throw new Error(`${bundler}: ${message}`);
}

/** For bundlers that leave the addresses of files as they are. */
async function copyBinaries({ folder, out }: Project): Promise<void> {
  for (const name of await readdir(folder))
    if (/\.(wasm|bin)$/.test(name)) await copyFile(join(folder, name), join(out, name));
}
