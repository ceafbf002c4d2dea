import type { WgslManifest } from './manifest.ts';

/** Features that variants and `profile` use, if the adapter has them. */
const useful = ['shader-f16', 'subgroups', 'timestamp-query'] as const;

const insecure = ': it needs a page from https or localhost';

/**
 * A device for a program: with the features that its variants use, and larger buffers only if the default
 * limits are too small. Throws an Error that names what is missing: WebGPU, an adapter, or a limit.
 */
export async function requestDevice(
  { arenaBytes, weightBytes, halfBytes }: WgslManifest,
  gpu: GPU | undefined = globalThis.navigator?.gpu,
): Promise<GPUDevice> {
  if (!gpu) throw new Error(`there is no WebGPU here${globalThis.isSecureContext === false ? insecure : ''}`);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('WebGPU has no adapter here: no GPU, or the browser does not use it');
  const requiredLimits: Record<string, number> = {};
  const needed = Math.max(arenaBytes, weightBytes + halfBytes) + 256;
  const demand = (limit: 'maxStorageBufferBindingSize' | 'maxBufferSize', standard: number): void => {
    if (needed <= standard) return;
    if (needed > adapter.limits[limit])
      throw new Error(`the adapter's ${limit} is ${adapter.limits[limit]}, the program needs ${needed}`);
    requiredLimits[limit] = needed;
  };
  demand('maxStorageBufferBindingSize', 2 ** 27);
  demand('maxBufferSize', 2 ** 28);
  return adapter.requestDevice({
    requiredFeatures: useful.filter((feature) => adapter.features.has(feature)),
    requiredLimits,
  });
}
