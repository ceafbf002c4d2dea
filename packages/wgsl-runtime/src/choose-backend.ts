/** Where a program runs. */
export type BackendName = 'webgpu' | 'wasm';

/** What was chosen, and why. */
export interface Backend {
  readonly name: BackendName;
  readonly reason: string;
}

/** Software drivers, than which WebAssembly is faster. */
const software = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software|\bwarp\b/i;

/** The requested backend; by default WebGPU if its adapter is not software, otherwise WebAssembly. */
export async function chooseBackend(asked?: BackendName): Promise<Backend> {
  if (asked === 'webgpu' || asked === 'wasm') return { name: asked, reason: 'it was asked for' };
  if (asked !== undefined) throw new Error(`expected backend webgpu or wasm, found ${asked}`);
  const { gpu } = (globalThis.navigator ?? {}) as { readonly gpu?: GPU };
  if (!gpu) return { name: 'wasm', reason: 'there is no WebGPU here' };
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (!adapter) return { name: 'wasm', reason: 'WebGPU has no adapter here' };
  const words = adapterName(adapter.info);
  if (isFallback(adapter) || isSoftware(adapter.info))
    return { name: 'wasm', reason: `the adapter of WebGPU is software: ${words}` };
  return { name: 'webgpu', reason: `the adapter: ${words}` };
}

/** The kind of an adapter. If it gives no information: a GPU, as most are. */
export function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  return isFallback(info) || software.test(adapterName(info));
}

/** Vendor, architecture, device and description, if available. */
export function adapterName({
  vendor,
  architecture,
  device,
  description,
}: Partial<GPUAdapterInfo> = {}): string {
  return [vendor, architecture, device, description].filter(Boolean).join(' ') || 'unnamed';
}

/** A member of the adapter, and of its info in newer browsers. */
function isFallback(object: object | undefined): boolean {
  return !!(object as { readonly isFallbackAdapter?: boolean } | undefined)?.isFallbackAdapter;
}
