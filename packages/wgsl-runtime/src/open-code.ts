import { isModule } from './is-module.ts';
import type { WasmProgram } from './manifest.ts';
import { type OpenOptions, openWeights, type WeightSource } from './open-weights.ts';

/** A WebAssembly module: compiled, its bytes, or the location of its file. */
export type CodeSource = WasmProgram['code'] | WeightSource;

export async function openCode(
  source: CodeSource,
  { signal }: Pick<OpenOptions, 'signal'> = {},
): Promise<WasmProgram['code']> {
  if (isModule(source)) return source;
  const opened = openWeights(source, { what: 'code', signal });
  if (typeof opened !== 'function') return opened;
  return new Uint8Array(await new Response(await opened()).arrayBuffer());
}
