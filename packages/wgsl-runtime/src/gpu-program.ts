import { checkProgram, paramBytes } from './check-program.ts';
import { isSoftware } from './choose-backend.ts';
import { compilePipelines, type OnProgress } from './compile-pipelines.ts';
import { type Buffers, copyBytes, makeBuffers } from './make-buffers.ts';
import type { IoTensor, Requirement, WgslManifest, WgslProgram } from './manifest.ts';
import { type Offers, pickVariants } from './pick-variants.ts';
import { ReadbackPool } from './readback-pool.ts';
import type { DownloadOptions } from './receive-weights.ts';
import { type MatrixType, weightLayout } from './upload-weights.ts';

/** A program on one device: pipelines, buffers, and the encoding of its dispatches. Lives as long as the device. */
export interface GpuProgram {
  readonly device: GPUDevice;
  readonly manifest: WgslManifest;
  readonly buffers: Buffers;
  readonly readbacks: ReadbackPool;
  /** Encodes dispatches `first` to `end` (all if absent) into a pass. */
  encode(pass: GPUComputePassEncoder, first?: number, end?: number): void;
  /** Copies outputs to `at` of a readback buffer, one after another. */
  encodeReadback(
    encoder: GPUCommandEncoder,
    outputs: readonly IoTensor[],
    to: { readonly readback: GPUBuffer; readonly at: number },
  ): void;
  dispose(): void;
}

export interface LoadOptions extends DownloadOptions {
  readonly offers: Offers;
  readonly onProgress?: OnProgress | undefined;
  /** Which dispatches run. Default: those for what the device's adapter is. */
  readonly adapter?: AdapterKind | undefined;
}

/** What a program is shaped for. */
export type AdapterKind = 'software' | 'gpu';

/** Compiles, makes the buffers, uploads. Rejects with what does not fit or compile. */
export async function loadProgram(
  device: GPUDevice,
  { manifest: whole, weights }: WgslProgram,
  { offers, onProgress, adapter, ...download }: LoadOptions,
): Promise<GpuProgram> {
  const manifest = shapedFor(whole, adapter ?? adapterOf(device));
  const program = { manifest, weights };
  checkProgram(program, device.limits);
  const reads = manifest.halfBytes > 0 && offers('shader-f16' satisfies Requirement);
  const matrices = reads ? 'f16' : 'f32';
  const uploading = makeBuffers(device, program, { matrices, ...download });
  const compiling = compilePipelines(device, manifest, pickVariants(manifest, offers), onProgress);
  const [uploaded, compiled] = await Promise.allSettled([uploading, compiling]);
  if (uploaded.status === 'rejected') throw uploaded.reason;
  const buffers = uploaded.value;
  if (compiled.status === 'rejected' || download.signal?.aborted) {
    destroy(buffers);
    throw compiled.status === 'rejected' ? compiled.reason : download.signal?.reason;
  }
  const { layout, list } = compiled.value;
  const group = bindGroup(device, layout, { buffers, manifest, matrices });
  const readbacks = new ReadbackPool(device, buffers.readback);
  return {
    device,
    manifest,
    buffers,
    readbacks,
    encode(pass, first = 0, end = list.length) {
      for (let i = first; i < end; i++) {
        pass.setPipeline(list[i] as GPUComputePipeline);
        pass.setBindGroup(0, group, [i * paramBytes]);
        pass.dispatchWorkgroups(...(manifest.dispatches[i]?.workgroups ?? ([0, 0, 0] as const)));
      }
    },
    encodeReadback(encoder, outputs, { readback, at }) {
      let to = at;
      for (const { offset, bytes } of outputs) {
        encoder.copyBufferToBuffer(buffers.arena, offset, readback, to, copyBytes(bytes));
        to += copyBytes(bytes);
      }
    },
    dispose() {
      destroy(buffers);
      readbacks.dispose();
    },
  };
}

/** What a device's adapter is. */
export const adapterOf = ({ adapterInfo }: GPUDevice): AdapterKind =>
  isSoftware(adapterInfo) ? 'software' : 'gpu';

/** The manifest with the dispatches for an adapter in place of the others. */
export function shapedFor({ gpuDispatches, ...manifest }: WgslManifest, adapter: AdapterKind): WgslManifest {
  if (adapter !== 'gpu' && adapter !== 'software')
    throw new Error(`expected adapter gpu or software, found ${adapter}`);
  return gpuDispatches && adapter === 'gpu' ? { ...manifest, dispatches: gpuDispatches } : manifest;
}

function destroy(buffers: Buffers): void {
  for (const buffer of Object.values(buffers)) buffer.destroy();
}

interface Loaded {
  readonly buffers: Buffers;
  readonly manifest: WgslManifest;
  readonly matrices: MatrixType;
}

function bindGroup(
  device: GPUDevice,
  layout: GPUBindGroupLayout,
  { buffers, manifest, matrices }: Loaded,
): GPUBindGroup {
  const { wordBytes, matrixOffset, matrixBytes } = weightLayout(manifest, matrices);
  const { arena, weights, params } = buffers;
  const resources: GPUBufferBinding[] = [
    { buffer: arena },
    { buffer: weights, size: Math.max(16, Math.ceil(wordBytes / 16) * 16) },
    { buffer: params, size: paramBytes },
    ...(matrixBytes > 0 ? [{ buffer: weights, offset: matrixOffset }] : []),
  ];
  return device.createBindGroup({
    layout,
    entries: resources.map((resource, binding) => ({ binding, resource })),
  });
}
