import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type CompileWgslOptions, compileFiles, readModel, safeName, sourceHash } from '@ghostc/compiler';
import { wgslRuntimeSource } from './wgsl-runtime-source.ts';

/** The part of a Vite plugin that this one has. */
export interface GhostcPlugin {
  readonly name: 'ghostc';
  configResolved(config: { readonly cacheDir: string }): void;
  load(this: { addWatchFile(file: string): void }, id: string): string | undefined;
}

const QUERY = '?ghostc';

/**
 * For Vite: `import model from './net.onnx?ghostc'` compiles the model to WGSL. The default export has `load()` and `manifest`,
 * as the package that `ghostc compile --target wgsl` writes; Vite gives the weights a file of their own.
 */
export function ghostc(
  options: Pick<CompileWgslOptions, 'matrices' | 'fuseGhost' | 'bind'> = {},
): GhostcPlugin {
  let cache = '';
  return {
    name: 'ghostc',
    configResolved: ({ cacheDir }) => {
      cache = join(cacheDir, 'ghostc');
    },
    load(id) {
      if (!id.endsWith(QUERY)) return undefined;
      const file = id.slice(0, -QUERY.length);
      this.addWatchFile(file);
      const module = JSON.stringify(compileInto(cache, file, options));
      return `import * as model from ${module};\nexport * from ${module};\nexport default model;\n`;
    },
  };
}

/** Compiles a model into a folder of its own in the cache; gives the path of its module. */
function compileInto(cache: string, file: string, options: CompileWgslOptions): string {
  const graph = readModel(readFileSync(file), { file });
  const name = safeName(basename(file, extname(file)));
  const folder = join(cache, `${name}-${sourceHash(graph, { options }).slice(0, 16)}`);
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of compileFiles(graph, 'wgsl', {
    ...options,
    name,
    runtime: wgslRuntimeSource(),
  }))
    writeFileSync(join(folder, path), content);
  return join(folder, `${name}.js`).replaceAll('\\', '/');
}
