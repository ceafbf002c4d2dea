import type { CProgram } from '@ghostc/backend-c';
import { type CompileOptions, compileWasm } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { createWasmSession } from '@ghostc/wgsl-runtime';
import type { Profile } from '../c/profile-c.ts';
import { sessionInputs } from '../process/run-session.ts';
import { wasmModule } from './wasm-module.ts';

/** The C of a model with what each layer of it takes as WebAssembly in this process: the mean of some runs. */
export async function profileWasm(
  model: Graph,
  options: CompileOptions,
): Promise<{ readonly program: CProgram; readonly profile: Profile }> {
  const built: CProgram[] = [];
  const buildWasm = (code: CProgram) => {
    built.push(code);
    return wasmModule(code);
  };
  const compiled = compileWasm(model, { ...options, buildWasm });
  const [program] = built;
  if (!program) throw new Error('the C was not built');
  const session = await createWasmSession(compiled);
  const inputs = sessionInputs(compiled.manifest.inputs, seededInputs(model, 1));
  await session.profile(inputs); // the engine compiles anew what runs often
  const times = await session.profile(inputs);
  session.dispose();
  const layers = program.layers.map((layer, i) => ({
    ...layer,
    cost: Math.round(times[i]?.nanoseconds ?? 0),
  }));
  const total = layers.reduce((sum, { cost }) => sum + cost, 0);
  return { program, profile: { unit: 'nanoseconds', total, layers, stackBytes: undefined } };
}
