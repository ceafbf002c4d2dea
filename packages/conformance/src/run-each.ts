import type { Executable, Tensors } from './runtime.ts';

/**
 * The outputs for each set of inputs, in order; disposes of the executable. Throws whatever the runtime
 * throws.
 */
export async function runEach(
  prepared: Executable | Promise<Executable>,
  inputs: readonly Tensors[],
): Promise<readonly Tensors[]> {
  const executable = await prepared;
  try {
    if (executable.runAll) return await executable.runAll(inputs);
    const results: Tensors[] = [];
    for (const one of inputs) results.push(await executable.run(one));
    return results;
  } finally {
    await executable.dispose?.();
  }
}
