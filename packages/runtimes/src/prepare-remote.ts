import type { Executable } from '@ghostc/conformance';
import type { WgslProgram } from '@ghostc/wgsl-runtime';
import { type Engine, engine } from './engines.ts';
import { packTensors, unpackTensors } from './tensor-bytes.ts';

/** A WGSL program in an engine; `dispose` frees its device, the engine goes on. Throws `tool/missing`, `run/gpu`. */
export async function prepareRemote(
  name: Engine,
  program: WgslProgram<Uint8Array>,
  { plain = false }: { readonly plain?: boolean } = {},
): Promise<Executable> {
  const gpu = await engine(name);
  const session = await gpu.load(program, plain);
  const { inputs, outputs } = program.manifest;
  return {
    run: async (tensors) => unpackTensors(outputs, await gpu.run(session, packTensors(inputs, tensors))),
    dispose: () => gpu.dispose(session),
  };
}
