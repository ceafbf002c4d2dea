import { COPY_DST, COPY_SRC, MAP_MODE_READ, MAP_READ, QUERY_RESOLVE } from './gpu-constants.ts';
import type { GpuProgram } from './gpu-program.ts';
import type { Inputs } from './io-data.ts';
import type { DispatchTime } from './session.ts';
import { writeInputs } from './write-inputs.ts';

/** Runs once, each dispatch in a separate pass between two timestamps. */
export async function profileProgram(gpu: GpuProgram, inputs: Inputs): Promise<DispatchTime[]> {
  const { device, manifest } = gpu;
  if (!device.features.has('timestamp-query'))
    throw new Error(`${manifest.name}: profile needs a device with the feature timestamp-query`);
  const count = manifest.dispatches.length * 2;
  const querySet = device.createQuerySet({ type: 'timestamp', count: Math.max(2, count) });
  const resolved = device.createBuffer({ size: Math.max(16, count * 8), usage: QUERY_RESOLVE | COPY_SRC });
  const readable = device.createBuffer({ size: Math.max(16, count * 8), usage: COPY_DST | MAP_READ });
  const encoder = device.createCommandEncoder();
  writeInputs(gpu, inputs);
  manifest.dispatches.forEach((_, i) => {
    const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
    const pass = encoder.beginComputePass({ timestampWrites });
    gpu.encode(pass, i, i + 1);
    pass.end();
  });
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, readable, 0, count * 8);
  device.queue.submit([encoder.finish()]);
  try {
    await readable.mapAsync(MAP_MODE_READ);
    const times = new BigUint64Array(readable.getMappedRange());
    const elapsed = (i: number): number => Number((times[2 * i + 1] ?? 0n) - (times[2 * i] ?? 0n));
    return manifest.dispatches.map(({ label, module }, i) => ({ label, module, nanoseconds: elapsed(i) }));
  } finally {
    for (const gone of [querySet, resolved, readable]) gone.destroy();
  }
}
