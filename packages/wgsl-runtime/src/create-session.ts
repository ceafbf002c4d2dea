import type { OnProgress } from './compile-pipelines.ts';
import { COPY_DST, MAP_MODE_READ, MAP_READ } from './gpu-constants.ts';
import { type GpuProgram, loadProgram } from './gpu-program.ts';
import { checkInput, type GpuInput, type IoData, readOutputs, wordsOf } from './io-data.ts';
import { outputBytes } from './make-buffers.ts';
import type { WgslManifest, WgslProgram } from './manifest.ts';
import { type Offers, offersOf } from './pick-variants.ts';
import { type DispatchTime, profileProgram } from './profile-program.ts';

export interface SessionOptions {
  /** Called while pipelines compile. */
  readonly onProgress?: OnProgress;
  /** Whether to use what the adapter offers; by default what the device and the WGSL implementation have. */
  readonly offers?: Offers;
}

/** A device, or how to get one: then the session recovers from a lost device. */
export type DeviceSource = GPUDevice | (() => Promise<GPUDevice>);

/** Row-major data by name, or what computes it on the GPU. */
export type Inputs = Readonly<Record<string, IoData | GpuInput>>;
/** Row-major data by name, of the type that the manifest states; float32 of most models. */
export type Outputs<T extends IoData = Float32Array> = Record<string, T>;

export interface Session {
  readonly manifest: WgslManifest;
  /** One inference: one submit, no buffer created. Calls run one after another. Rejects on a wrong input or a device error. */
  run<T extends IoData = Float32Array>(inputs: Inputs): Promise<Outputs<T>>;
  /** Several inferences without waiting in between: one readback of all. */
  runBatch<T extends IoData = Float32Array>(batch: readonly Inputs[]): Promise<Outputs<T>[]>;
  /** One inference with the time of each dispatch. Rejects when the device lacks `timestamp-query`. */
  profile(inputs: Inputs): Promise<DispatchTime[]>;
  /** Frees the buffers, and a device that came from a function. A device that was handed in stays: it is the caller's. */
  dispose(): void;
}

/**
 * Makes a program ready: compiles each module once, uploads the weights once, makes every buffer. Rejects with the
 * dispatch's label when a shader does not compile, and with the limit's name when the device is too small. When the device
 * is lost, and `source` is a function, the next call loads the program anew on the device that it gives.
 */
export async function createSession(
  source: DeviceSource,
  program: WgslProgram,
  options: SessionOptions = {},
): Promise<Session> {
  const session = new GpuSession(source, program, options);
  await session.ready();
  return session;
}

class GpuSession implements Session {
  readonly manifest: WgslManifest;
  readonly #source: DeviceSource;
  readonly #program: WgslProgram;
  readonly #options: SessionOptions;
  #gpu: GpuProgram | undefined;
  /** For batches: as many outputs as the largest one so far had. */
  #batch: GPUBuffer | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** Why no more runs are possible. */
  #ended: string | undefined;

  constructor(source: DeviceSource, program: WgslProgram, options: SessionOptions) {
    this.manifest = program.manifest;
    this.#source = source;
    this.#program = program;
    this.#options = options;
  }

  async ready(): Promise<GpuProgram> {
    this.#assertAlive();
    if (this.#gpu) return this.#gpu;
    const device = typeof this.#source === 'function' ? await this.#source() : this.#source;
    const { offers = offersOf(device), onProgress } = this.#options;
    const gpu = await loadProgram(device, this.#program, { offers, onProgress });
    this.#gpu = gpu;
    device.lost.then(({ message, reason }) => this.#lose(gpu, message || reason));
    return gpu;
  }

  run<T extends IoData>(inputs: Inputs): Promise<Outputs<T>> {
    return this.#next(
      async () => (await this.#infer<T>([inputs], (gpu) => gpu.buffers.readback))[0] as Outputs<T>,
    );
  }

  runBatch<T extends IoData>(batch: readonly Inputs[]): Promise<Outputs<T>[]> {
    return this.#next(() => this.#infer<T>(batch, (gpu) => this.#readback(gpu, batch.length)));
  }

  profile(inputs: Inputs): Promise<DispatchTime[]> {
    return this.#next(async () => {
      const gpu = await this.ready();
      return this.#guard(gpu, () =>
        profileProgram(gpu, (encoder) => this.#encodeInputs(gpu, encoder, inputs)),
      );
    });
  }

  dispose(): void {
    this.#ended ??= 'the session is disposed';
    this.#batch?.destroy();
    this.#gpu?.dispose();
    if (typeof this.#source === 'function') this.#gpu?.device.destroy();
  }

  #lose(gpu: GpuProgram, reason: string): void {
    if (this.#gpu !== gpu) return;
    this.#gpu = undefined;
    this.#batch = undefined;
    if (typeof this.#source !== 'function') this.#ended ??= `the GPU device was lost: ${reason}`;
  }

  #next<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #infer<T extends IoData>(
    batch: readonly Inputs[],
    target: (gpu: GpuProgram) => GPUBuffer,
  ): Promise<Outputs<T>[]> {
    for (const inputs of batch)
      for (const input of this.manifest.inputs) checkInput(input, inputs[input.name]);
    if (batch.length === 0) return [];
    const gpu = await this.ready();
    return this.#guard(gpu, async () => {
      const readback = target(gpu);
      const size = outputBytes(this.manifest);
      batch.forEach((inputs, i) => this.#submit(gpu, inputs, { readback, at: i * size }));
      await readback.mapAsync(MAP_MODE_READ, 0, batch.length * size);
      try {
        const mapped = readback.getMappedRange(0, batch.length * size);
        return batch.map((_, i) => readOutputs<T>(this.manifest.outputs, mapped, i * size));
      } finally {
        readback.unmap();
      }
    });
  }

  #submit(gpu: GpuProgram, inputs: Inputs, { readback, at }: { readback: GPUBuffer; at: number }): void {
    const encoder = gpu.device.createCommandEncoder();
    this.#encodeInputs(gpu, encoder, inputs);
    const pass = encoder.beginComputePass();
    gpu.encode(pass);
    pass.end();
    gpu.encodeReadback(encoder, readback, at);
    gpu.device.queue.submit([encoder.finish()]);
  }

  #encodeInputs(
    { device, buffers: { arena } }: GpuProgram,
    encoder: GPUCommandEncoder,
    inputs: Inputs,
  ): void {
    for (const input of this.manifest.inputs) {
      const data = inputs[input.name];
      checkInput(input, data);
      if ('encode' in data) data.encode(encoder, { ...input, device, arena });
      else device.queue.writeBuffer(arena, input.offset, wordsOf(data));
    }
  }

  #readback({ device }: GpuProgram, count: number): GPUBuffer {
    const size = Math.max(16, count * outputBytes(this.manifest));
    if (this.#batch && this.#batch.size >= size) return this.#batch;
    this.#batch?.destroy();
    this.#batch = device.createBuffer({ label: 'batch outputs', size, usage: COPY_DST | MAP_READ });
    return this.#batch;
  }

  /** Runs `task` and rejects with the device's own errors, if there are any. */
  async #guard<T>({ device }: GpuProgram, task: () => Promise<T>): Promise<T> {
    const filters = ['internal', 'validation', 'out-of-memory'] as const;
    for (const filter of filters) device.pushErrorScope(filter);
    const result = task();
    const scopes = filters.map(() => device.popErrorScope());
    const [value, ...found] = await Promise.all([
      settle(result),
      ...scopes.map((scope) => scope.catch(() => null)),
    ]);
    const problem = found.find(Boolean);
    if (problem) throw new Error(`${this.manifest.name}: ${problem.message}`);
    if ('value' in value) return value.value;
    this.#assertAlive();
    throw value.error;
  }

  #assertAlive(): void {
    if (this.#ended) throw new Error(`${this.manifest.name}: ${this.#ended}`);
  }
}

async function settle<T>(promise: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}
