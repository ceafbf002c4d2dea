import { compileWasm } from '@ghostc/compiler';
import type { Executable, Runtime, Tensors } from '@ghostc/conformance';
import { createWasmSession, type WasmProgram } from '@ghostc/wgsl-runtime';
import { typedOutputs } from '../process/carried-io.ts';
import { runSession } from '../process/run-session.ts';
import { wasmModule } from './wasm-module.ts';

/** Our C as WebAssembly, in this process. */
export const wasmRuntime: Runtime = {
  name: 'wasm',
  prepare: async (model) => {
    const { run, dispose } = await prepareWasm(compileWasm(model, { buildWasm: wasmModule }));
    return { dispose, run: async (inputs) => typedOutputs(model, await run(inputs)) };
  },
};

async function prepareWasm(program: WasmProgram): Promise<Executable> {
  const session = await createWasmSession(program);
  return { run: (inputs: Tensors) => runSession(session, inputs), dispose: () => session.dispose() };
}
