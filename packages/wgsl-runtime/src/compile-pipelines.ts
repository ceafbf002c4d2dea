import { paramBytes } from './check-program.ts';
import { COMPUTE } from './gpu-constants.ts';
import type { Dispatch, WgslManifest } from './manifest.ts';

/** Called after each distinct pipeline. */
export type OnProgress = (done: number, total: number) => void;

export interface Pipelines {
  readonly layout: GPUBindGroupLayout;
  /** One for each dispatch; dispatches of one module share theirs. */
  readonly list: readonly GPUComputePipeline[];
}

/**
 * Compiles all modules, and a pipeline for each, at once. `sources` are the chosen ones by module. Rejects with module and
 * line, or with the dispatch's label.
 */
export async function compilePipelines(
  device: GPUDevice,
  manifest: WgslManifest,
  sources: Readonly<Record<string, string>>,
  onProgress?: OnProgress,
): Promise<Pipelines> {
  const { dispatches } = manifest;
  const layout = bindGroupLayout(device, manifest);
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const distinct = new Map<string, Promise<GPUComputePipeline>>();
  const pending = dispatches.map((dispatch) => {
    const known = distinct.get(dispatch.module);
    if (known) return known;
    const pipeline = compile(device, dispatch, sources[dispatch.module] ?? '', pipelineLayout);
    distinct.set(dispatch.module, pipeline);
    return pipeline;
  });
  report([...distinct.values()], onProgress);
  return { layout, list: await Promise.all(pending) };
}

function report(pending: readonly Promise<unknown>[], onProgress?: OnProgress): void {
  let done = 0;
  for (const one of pending)
    one.then(
      () => onProgress?.(++done, pending.length),
      () => undefined, // rejected by the caller's Promise.all
    );
}

function bindGroupLayout(device: GPUDevice, { halfBytes }: WgslManifest): GPUBindGroupLayout {
  const buffers: GPUBufferBindingLayout[] = [
    { type: 'storage' },
    { type: 'read-only-storage' },
    { type: 'uniform', hasDynamicOffset: true, minBindingSize: paramBytes },
    ...(halfBytes > 0 ? [{ type: 'read-only-storage' } as const] : []),
  ];
  return device.createBindGroupLayout({
    entries: buffers.map((buffer, binding) => ({ binding, visibility: COMPUTE, buffer })),
  });
}

async function compile(
  device: GPUDevice,
  { label, module: id, entryPoint }: Dispatch,
  code: string,
  layout: GPUPipelineLayout,
): Promise<GPUComputePipeline> {
  const module = await compileModule(device, id, code, label);
  try {
    return await device.createComputePipelineAsync({ label: id, layout, compute: { module, entryPoint } });
  } catch (error) {
    throw new Error(`${label}: ${error instanceof Error ? error.message : error}`);
  }
}

async function compileModule(
  device: GPUDevice,
  id: string,
  code: string,
  label: string,
): Promise<GPUShaderModule> {
  device.pushErrorScope('validation'); // the messages below are more specific
  const module = device.createShaderModule({ label: id, code });
  const [{ messages }, problem] = await Promise.all([module.getCompilationInfo(), device.popErrorScope()]);
  const error = messages.find(({ type }) => type === 'error');
  if (error)
    throw new Error(`${label}: module ${id}, line ${error.lineNum}:${error.linePos}: ${error.message}`);
  if (problem) throw new Error(`${label}: module ${id}: ${problem.message}`);
  return module;
}
