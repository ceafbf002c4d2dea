import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The WGSL runtime as one ES module, for pages and for other JavaScript engines. */
export async function runtimeBundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(import.meta.resolve('@ghostc/wgsl-runtime'))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
