import type { Dispatch, WgslManifest } from './manifest.ts';

/** Called after each distinct pipeline. */
export type OnProgress = (done: number, total: number) => void;

export interface Pipelines {
  readonly layout: GPUBindGroupLayout;
  /** One for each dispatch; equal dispatches share theirs. */
  readonly list: readonly GPUComputePipeline[];
}

interface Context {
  readonly device: GPUDevice;
  readonly modules: ReadonlyMap<string, GPUShaderModule>;
  readonly layout: GPUPipelineLayout;
}

const COMPUTE = 4; // GPUShaderStage.COMPUTE; Node has no such global

/** Compiles all modules, then all distinct pipelines at once. Rejects with module and line, or with the dispatch's label. */
export async function compilePipelines(
  device: GPUDevice,
  manifest: WgslManifest,
  onProgress?: OnProgress,
): Promise<Pipelines> {
  const layout = bindGroupLayout(device);
  const context = {
    device,
    modules: await compileModules(device, manifest),
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
  };
  const distinct = new Map<string, Promise<GPUComputePipeline>>();
  const pending = manifest.dispatches.map((dispatch) => {
    const key = keyOf(dispatch);
    const pipeline = distinct.get(key) ?? compilePipeline(context, dispatch);
    distinct.set(key, pipeline);
    return pipeline;
  });
  report([...distinct.values()], onProgress);
  return { layout, list: await Promise.all(pending) };
}

/** Equal exactly if module, entry point and constants are. */
function keyOf({ module, entryPoint, constants }: Dispatch): string {
  return JSON.stringify([module, entryPoint, Object.entries(constants).sort()]);
}

function report(pending: readonly Promise<unknown>[], onProgress?: OnProgress): void {
  let done = 0;
  for (const one of pending)
    one.then(
      () => onProgress?.(++done, pending.length),
      () => undefined, // rejected by the caller's Promise.all
    );
}

function bindGroupLayout(device: GPUDevice): GPUBindGroupLayout {
  return device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: COMPUTE, buffer: { type: 'storage' } },
      { binding: 1, visibility: COMPUTE, buffer: { type: 'read-only-storage' } },
    ],
  });
}

async function compileModules(
  device: GPUDevice,
  { modules, dispatches }: WgslManifest,
): Promise<Map<string, GPUShaderModule>> {
  const used = new Map(dispatches.map(({ module, label }) => [module, label] as const).reverse()); // label of the first
  return new Map(
    await Promise.all(
      [...used].map(
        async ([id, label]) => [id, await compileModule(device, id, modules[id] ?? '', label)] as const,
      ),
    ),
  );
}

async function compileModule(
  device: GPUDevice,
  id: string,
  code: string,
  label: string,
): Promise<GPUShaderModule> {
  device.pushErrorScope('validation'); // the messages below say more
  const module = device.createShaderModule({ label: id, code });
  const [{ messages }, problem] = await Promise.all([module.getCompilationInfo(), device.popErrorScope()]);
  const error = messages.find(({ type }) => type === 'error');
  if (error)
    throw new Error(`${label}: module ${id}, line ${error.lineNum}:${error.linePos}: ${error.message}`);
  if (problem) throw new Error(`${label}: module ${id}: ${problem.message}`);
  return module;
}

async function compilePipeline(
  { device, modules, layout }: Context,
  { label, module, entryPoint, constants }: Dispatch,
): Promise<GPUComputePipeline> {
  try {
    return await device.createComputePipelineAsync({
      label,
      layout,
      compute: { module: modules.get(module) as GPUShaderModule, entryPoint, constants },
    });
  } catch (error) {
    throw new Error(`${label}: ${error instanceof Error ? error.message : error}`);
  }
}
