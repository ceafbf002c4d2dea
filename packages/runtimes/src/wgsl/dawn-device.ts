import { tmpdir } from 'node:os';
import { CompileError } from '@ghostc/ir';
import { type Offers, offersOf } from '@ghostc/wgsl-runtime';
import { loadPackage } from '../process/load-package.ts';
import { anyFile } from '../process/on-path.ts';
import { requireTools, type Tool } from '../process/require-tool.ts';
import { filesOf, tool } from '../process/tool-table.ts';
import { withPipelineCache } from './pipeline-cache.ts';

/** What running WGSL needs. On macOS and Windows Dawn uses the system's own API. */
export const wgslTools: readonly Tool[] = [tool('vulkan-driver'), tool('vulkan-loader'), tool('webgpu')];

type Backend = 'null' | 'default' | 'unchecked';
type Dawn = { readonly create: (options: string[]) => GPU };

/** Dawn crashes the process when its GPU object is collected: it is pinned for the life of the process. */
const pinned = globalThis as { ghostcGpus?: Map<Backend, GPU> };

/** SwiftShader takes twice as long to compile a shader whose workgroup memory Vulkan zeroes; Tint's loop does the same. */
const quickZeroes = 'disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension';

const options: Readonly<Record<Backend, string[]>> = {
  null: ['backend=null'],
  default: [quickZeroes],
  unchecked: [quickZeroes, 'enable-dawn-features=disable_robustness'],
};

async function gpu(backend: Backend): Promise<GPU> {
  pinned.ghostcGpus ??= new Map();
  const known = pinned.ghostcGpus.get(backend);
  if (known) return known;
  const { create } = await loadPackage<Dawn>('webgpu', 'wgsl');
  const created = create(options[backend]);
  pinned.ghostcGpus.set(backend, created);
  return created;
}

/** Tells Dawn of the driver, by the environment. Threads that use Dawn ask their process to do it before they start. */
export function nameVulkanDriver(): void {
  const driver = filesOf('vulkan-driver').find((path) => anyFile(path));
  if (driver !== undefined) process.env.VK_ICD_FILENAMES ??= driver;
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
}

/**
 * A new WebGPU device with the adapter's largest buffers and the features that variants use: Dawn on the driver that
 * VK_ICD_FILENAMES names, else on SwiftShader. It compiles each shader once. `unchecked` does not keep indices in range, which is
 * half of the time to compile shaders. The caller destroys it. Throws `tool/missing`.
 */
export async function dawnDevice(backend: 'default' | 'unchecked' = 'default'): Promise<GPUDevice> {
  requireTools(wgslTools, 'wgsl');
  nameVulkanDriver();
  const adapter = await (await gpu(backend)).requestAdapter();
  if (!adapter)
    throw new CompileError(
      'run/gpu',
      `Dawn accepts no driver (VK_ICD_FILENAMES=${process.env.VK_ICD_FILENAMES})`,
    );
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredFeatures = (['subgroups', 'shader-f16', 'timestamp-query'] as const).filter((feature) =>
    adapter.features.has(feature),
  );
  const device = await adapter.requestDevice({
    requiredFeatures,
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  return withPipelineCache(device);
}

/** What a device and Dawn's WGSL implementation offer to variants: Node has no `navigator.gpu` to report it. */
export async function dawnOffers(device: GPUDevice): Promise<Offers> {
  return offersOf(device, await gpu('default'));
}

/** A device that compiles shaders and executes nothing: Tint's errors without a driver. The caller destroys it. */
export async function nullDevice(): Promise<GPUDevice> {
  const adapter = await (await gpu('null')).requestAdapter();
  if (!adapter) throw new CompileError('run/gpu', "Dawn's null backend gives no adapter");
  return adapter.requestDevice({ requiredFeatures: ['subgroups', 'shader-f16'] });
}
