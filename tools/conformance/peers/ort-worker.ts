import { itemAt, type Tensor } from '@ghostc/ir';
import { loadOrt, type Ort, ortSession } from '@ghostc/runtimes';

export interface OrtTask {
  readonly model: Uint8Array;
  /** Tensors by name, for each data set. */
  readonly inputs: readonly (readonly [string, Tensor][])[];
}

/** Outputs of each data set in the model's order, or why there are none. */
export type OrtReply =
  | { readonly outputs: readonly (readonly Tensor[])[] }
  | { readonly error: string; readonly crashed?: boolean };

/** Runs models that a parent process sends on `ort-node` or `ort-web`: see ort.ts. */
const [peer] = process.argv.slice(3);

async function load(): Promise<Ort> {
  if (peer === 'ort-node') return loadOrt();
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  return ort as unknown as Ort;
}

const ort = load();

async function run({ model, inputs }: OrtTask): Promise<OrtReply> {
  try {
    const session = await ortSession(model, {}, await ort);
    try {
      const outputs: Tensor[][] = [];
      for (const set of inputs) outputs.push([...(await session.run(new Map(set))).values()]);
      return { outputs };
    } finally {
      await session.dispose?.();
    }
  } catch (error) {
    return { error: itemAt((error instanceof Error ? error.message : String(error)).split('\n'), 0) };
  }
}

process.on('message', async (task: OrtTask) => {
  process.send?.(await run(task));
});
