import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { runtimeSource } from '@ghostc/cli/runtime-source';
import { type CompileWgslOptions, compileFiles, readModel, safeName, sourceHash } from '@ghostc/compiler';
import { wasmModule } from '@ghostc/runtimes';

/** The part of a Vite plugin that this one has. */
export interface GhostcPlugin {
  readonly name: 'ghostc';
  configResolved(config: { readonly cacheDir: string }): void;
  load(this: { addWatchFile(file: string): void }, id: string): string | undefined;
}

export interface GhostcOptions extends Pick<CompileWgslOptions, 'matrices' | 'fuseGhost' | 'bind'> {
  /** `web` is WebGPU where there is a GPU, else WebAssembly, which takes Clang to compile, as `wasm` does. Default: wgsl. */
  readonly target?: 'wgsl' | 'wasm' | 'web' | undefined;
}

/**
 * For Vite: `import model from './net.onnx?ghostc'` compiles the model for pages, and
 * `'./net.onnx?batch=1&ghostc'` with sizes of symbolic dimensions. The default export has `load()` and
 * `manifest`, as in the package that `ghostc compile --target wgsl` writes; Vite emits the weights as a
 * separate file.
 */
export function ghostc(options: GhostcOptions = {}): GhostcPlugin {
  let cache = '';
  return {
    name: 'ghostc',
    configResolved: ({ cacheDir }) => {
      cache = join(cacheDir, 'ghostc');
    },
    load(id) {
      const [, file = '', query = ''] = /^([^?]*)\?(.*)$/s.exec(id) ?? [];
      const words = new URLSearchParams(query);
      if (!words.has('ghostc')) return undefined;
      this.addWatchFile(file);
      const sizes = [...words].filter(([, size]) => /^\d+$/.test(size));
      const bind = new Map([
        ...(options.bind ?? []),
        ...sizes.map(([name, size]) => [name, Number(size)] as const),
      ]);
      const module = JSON.stringify(compileInto(cache, file, { ...options, bind }));
      return `import * as model from ${module};\nexport * from ${module};\nexport default model;\n`;
    },
  };
}

/** Compiles a model into a separate folder of the cache; returns the path of its module. */
function compileInto(
  cache: string,
  file: string,
  { bind, target = 'wgsl', ...options }: GhostcOptions,
): string {
  const graph = readModel(readFileSync(file), { file, ...(bind && { bind }) });
  const name = safeName(basename(file, extname(file)));
  const folder = join(cache, `${name}-${sourceHash(graph, { target, options }).slice(0, 16)}`);
  mkdirSync(folder, { recursive: true });
  const made = { ...options, name, runtime: runtimeSource(target), buildWasm: wasmModule };
  for (const [path, content] of compileFiles(graph, target, made)) writeFileSync(join(folder, path), content);
  return join(folder, `${name}.js`).replaceAll('\\', '/');
}
