import { loadPackage } from '../process/load-package.ts';

/** A TypeScript module of this repository with what it imports, as one ES module for pages and other engines. */
export async function bundleForWeb(
  file: string,
  { minify = false }: { readonly minify?: boolean } = {},
): Promise<string> {
  const { build } = await loadPackage<typeof import('esbuild')>('esbuild', 'a bundle');
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify,
    format: 'esm',
    target: 'es2022',
    conditions: ['@ghostc/source'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
