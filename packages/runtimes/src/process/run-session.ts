import type { Tensors } from '@ghostc/conformance';
import type { IoData, IoTensor, ProgramManifest, Session } from '@ghostc/wgsl-runtime';
import { carriedInputs } from './carried-io.ts';

/** One inference of a page's session with tensors. */
export async function runSession(session: Session<ProgramManifest>, inputs: Tensors): Promise<Tensors> {
  const { inputs: expected, outputs } = session.manifest;
  const results = await session.run<IoData>(sessionInputs(expected, inputs));
  return new Map(
    outputs.map(({ name, shape, dtype }) => [name, { dtype, shape, data: results[name] as IoData }]),
  );
}

/** Tensors in the form that a session accepts. Throws `run/input`. */
export function sessionInputs(expected: readonly IoTensor[], inputs: Tensors): Record<string, IoData> {
  const tensors = carriedInputs(expected, inputs);
  return Object.fromEntries([...tensors].map(([name, tensor]) => [name, tensor.data as IoData]));
}
