import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { missingTools } from './require-tool.ts';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

type Dawn = { readonly create: (options: string[]) => GPU; readonly globals: object };

/** Dawn crashes the process when its GPU object is collected: it is pinned for the life of the process. */
const pinned = globalThis as { ghostcGpus?: Map<string, GPU> };

async function gpu(backend: 'null' | 'default'): Promise<GPU> {
  const made = (pinned.ghostcGpus ??= new Map<string, GPU>());
  const known = made.get(backend);
  if (known) return known;
  const { create, globals } = (await import('webgpu')) as unknown as Dawn;
  Object.assign(globalThis, globals);
  const created = create(backend === 'null' ? ['backend=null'] : []);
  made.set(backend, created);
  return created;
}

/** A WebGPU device: Dawn on the machine's Vulkan driver, SwiftShader where there is none. Throws `tool/missing`. */
export async function dawnDevice(): Promise<GPUDevice> {
  if (!process.env.VK_ICD_FILENAMES && existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  const adapter = await (await gpu('default')).requestAdapter();
  if (!adapter) throw missingTools('a Vulkan driver', ['chromium', 'libvulkan1'], 'wgsl');
  return adapter.requestDevice();
}

/** A device that compiles shaders and executes nothing: Tint's errors without a driver. */
export async function nullDevice(): Promise<GPUDevice> {
  const adapter = await (await gpu('null')).requestAdapter();
  if (!adapter) throw new Error("Dawn's null backend gives no adapter");
  return adapter.requestDevice();
}
