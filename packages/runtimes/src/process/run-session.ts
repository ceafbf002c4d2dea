import type { Tensors } from '@ghostc/conformance';
import type { IoData, ProgramManifest, Session } from '@ghostc/wgsl-runtime';
import { carriedInputs } from './carried-io.ts';

/** One inference of a page's session with tensors. */
export async function runSession(session: Session<ProgramManifest>, inputs: Tensors): Promise<Tensors> {
  const { inputs: expected, outputs } = session.manifest;
  const tensors = carriedInputs(expected, inputs);
  const data = Object.fromEntries([...tensors].map(([name, tensor]) => [name, tensor.data as IoData]));
  const results = await session.run<IoData>(data);
  return new Map(
    outputs.map(({ name, shape, dtype }) => [name, { dtype, shape, data: results[name] as IoData }]),
  );
}
