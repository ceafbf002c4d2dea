import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { defineConfig, type Plugin } from 'vite';

const runtime = fileURLToPath(new URL('../../packages/wgsl-runtime/src/bundles/wgsl.ts', import.meta.url));
const id = 'virtual:wgsl-runtime';

/** The runtime that stands beside emitted WGSL, bundled, as a text. */
function wgslRuntime(): Plugin {
  return {
    name: 'wgsl-runtime',
    resolveId: (name) => (name === id ? `\0${id}` : undefined),
    async load(name) {
      if (name !== `\0${id}`) return undefined;
      const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', write: false } as const;
      const { outputFiles } = await build({ entryPoints: [runtime], ...options });
      return `export default ${JSON.stringify(outputFiles[0]?.text)};`;
    },
  };
}

export default defineConfig({
  base: './',
  resolve: { conditions: ['@ghostc/source', 'module', 'browser', 'import', 'default'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [wgslRuntime()],
  worker: { format: 'es', plugins: () => [wgslRuntime()] },
  build: { target: 'es2022', chunkSizeWarningLimit: 2000 },
});
