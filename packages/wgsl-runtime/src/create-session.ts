import { checkProgram } from './check-program.ts';
import { compilePipelines, type OnProgress, type Pipelines } from './compile-pipelines.ts';
import { type Buffers, makeBuffers } from './make-buffers.ts';
import type { IoTensor, WgslManifest, WgslProgram } from './manifest.ts';

export interface SessionOptions {
  /** Called while pipelines compile. */
  readonly onProgress?: OnProgress;
}

/** Row-major float32 data by name. */
export type Inputs = Readonly<Record<string, Float32Array>>;
export type Outputs = Record<string, Float32Array>;

export interface Session {
  readonly manifest: WgslManifest;
  /** One inference. Calls run one after another; no buffer is created. Rejects on a wrong input, a device error, a lost device. */
  run(inputs: Inputs): Promise<Outputs>;
  /** Frees the buffers. The device stays: it is the caller's. */
  dispose(): void;
}

const MAP_READ = 1; // GPUMapMode.READ; Node has no such global

/**
 * Makes a program ready: compiles each distinct pipeline once, uploads the weights once, makes every buffer. Rejects with
 * the dispatch's label when a shader does not compile, and with the limit's name when the device is too small.
 */
export async function createSession(
  device: GPUDevice,
  program: WgslProgram,
  { onProgress }: SessionOptions = {},
): Promise<Session> {
  checkProgram(program, device.limits);
  const pipelines = await compilePipelines(device, program.manifest, onProgress);
  const buffers = await makeBuffers(device, program);
  return new GpuSession(device, program.manifest, pipelines, buffers);
}

class GpuSession implements Session {
  readonly manifest: WgslManifest;
  readonly #device: GPUDevice;
  readonly #pipelines: Pipelines['list'];
  readonly #buffers: Buffers;
  readonly #group: GPUBindGroup;
  #last: Promise<unknown> = Promise.resolve();
  /** Why no more runs are possible. */
  #ended: string | undefined;

  constructor(device: GPUDevice, manifest: WgslManifest, { layout, list }: Pipelines, buffers: Buffers) {
    const entries = [buffers.arena, buffers.weights].map((buffer, binding) => ({
      binding,
      resource: { buffer },
    }));
    this.manifest = manifest;
    this.#device = device;
    this.#pipelines = list;
    this.#buffers = buffers;
    this.#group = device.createBindGroup({ layout, entries });
    device.lost.then(({ message, reason }) => {
      this.#ended ??= `the GPU device was lost: ${message || reason}`;
    });
  }

  run(inputs: Inputs): Promise<Outputs> {
    const result = this.#last.then(() => this.#infer(inputs));
    this.#last = result.catch(() => undefined);
    return result;
  }

  dispose(): void {
    this.#ended ??= 'the session is disposed';
    for (const buffer of Object.values(this.#buffers)) buffer.destroy();
  }

  async #infer(inputs: Inputs): Promise<Outputs> {
    for (const input of this.manifest.inputs) checkInput(input, inputs[input.name]);
    try {
      this.#assertAlive();
      return await this.#execute(inputs);
    } catch (error) {
      this.#assertAlive();
      throw error;
    }
  }

  async #execute(inputs: Inputs): Promise<Outputs> {
    const { arena, readback } = this.#buffers;
    this.#device.pushErrorScope('internal');
    this.#device.pushErrorScope('validation');
    for (const { name, offset } of this.manifest.inputs)
      this.#device.queue.writeBuffer(arena, offset, inputs[name] as Float32Array<ArrayBuffer>);
    this.#device.queue.submit([this.#encode()]);
    const scopes = [this.#device.popErrorScope(), this.#device.popErrorScope()];
    const mapped = readback.mapAsync(MAP_READ).catch((error: Error) => error);
    const problem = (await Promise.all([...scopes, mapped])).find(Boolean);
    try {
      if (problem) throw new Error(`${this.manifest.name}: ${problem.message}`);
      return readOutputs(this.manifest.outputs, readback.getMappedRange());
    } finally {
      readback.unmap();
    }
  }

  #encode(): GPUCommandBuffer {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setBindGroup(0, this.#group);
    this.manifest.dispatches.forEach(({ workgroups }, i) => {
      pass.setPipeline(this.#pipelines[i] as GPUComputePipeline);
      pass.dispatchWorkgroups(...workgroups);
    });
    pass.end();
    this.#encodeReadback(encoder);
    return encoder.finish();
  }

  #encodeReadback(encoder: GPUCommandEncoder): void {
    let at = 0;
    for (const { offset, bytes } of this.manifest.outputs) {
      encoder.copyBufferToBuffer(this.#buffers.arena, offset, this.#buffers.readback, at, bytes);
      at += bytes;
    }
  }

  #assertAlive(): void {
    if (this.#ended) throw new Error(`${this.manifest.name}: ${this.#ended}`);
  }
}

function checkInput({ name, bytes, shape }: IoTensor, data: Float32Array | undefined): void {
  if (!data) throw new Error(`input ${name} is missing`);
  if (!(data instanceof Float32Array)) throw new Error(`input ${name} expects a Float32Array`);
  if (data.byteLength !== bytes)
    throw new Error(`input ${name} expects ${bytes / 4} elements [${shape}], found ${data.length}`);
}

function readOutputs(outputs: readonly IoTensor[], mapped: ArrayBuffer): Outputs {
  const results: Outputs = {};
  let at = 0;
  for (const { name, bytes } of outputs) {
    results[name] = new Float32Array(mapped.slice(at, at + bytes));
    at += bytes;
  }
  return results;
}
