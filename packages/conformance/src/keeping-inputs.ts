import { type Tensor, type TensorData, toBytes } from '@ghostc/ir';
import type { Tensors } from './runtime.ts';

/**
 * Runs a runtime and checks that the inputs are unchanged when it returns: the allowed error is derived from
 * them, so a runtime that wrote into an input would set its own tolerance. Throws an error that names such an
 * input.
 */
export async function keepingInputs<T>(inputs: readonly Tensors[], run: () => Promise<T>): Promise<T> {
  const kept = inputs.map((one) =>
    [...one].map(([name, tensor]) => ({ name, tensor, data: tensor.data.slice() })),
  );
  const restored = (): string[] =>
    kept.flat().flatMap(({ name, tensor, data }) => (restore(tensor, data) ? [name] : []));
  let result: T;
  try {
    result = await run();
  } catch (error) {
    restored();
    throw error;
  }
  const [written] = restored();
  if (written === undefined) return result;
  throw new Error(`the runtime wrote into its input ${written}`);
}

/** Whether the tensor had changed. Bits are compared: NaN has many, and -0 is not 0. */
function restore({ data }: Tensor, kept: TensorData): boolean {
  if (data.length !== kept.length) throw new Error('the runtime took the memory of its input');
  const aligned = data.byteOffset % 4 === 0 && data.byteLength % 4 === 0;
  const [found, wanted] = aligned ? [toWords(data), toWords(kept)] : [toBytes(data), toBytes(kept)];
  let at = 0;
  while (at < found.length && found[at] === wanted[at]) at++;
  if (at === found.length) return false;
  found.set(wanted);
  return true;
}

function toWords({ buffer, byteOffset, byteLength }: TensorData): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
