import type { Executable } from '@ghostc/conformance';
import type { WgslProgram } from '@ghostc/wgsl-runtime';
import { carriedInputs } from '../process/carried-io.ts';
import { packTensors, unpackTensors } from '../process/tensor-bytes.ts';
import { type Engine, engine } from './engines.ts';
import type { PrepareWgslOptions } from './run-wgsl.ts';

/** A WGSL program in an engine; `dispose` frees its device, the engine goes on. Throws `tool/missing`, `run/gpu`. */
export async function prepareRemote(
  name: Engine,
  program: WgslProgram<Uint8Array>,
  options: PrepareWgslOptions = {},
): Promise<Executable> {
  const gpu = await engine(name);
  const session = await gpu.load(program, options);
  const { inputs, outputs } = program.manifest;
  return {
    run: async (tensors) => {
      const bytes = packTensors(inputs, carriedInputs(inputs, tensors));
      return unpackTensors(outputs, await gpu.run(session, bytes));
    },
    dispose: () => gpu.dispose(session),
  };
}
