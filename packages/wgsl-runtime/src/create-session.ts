import type { OnProgress } from './compile-pipelines.ts';
import { MAP_MODE_READ } from './gpu-constants.ts';
import { checkGpuBuffer, checkPlaces, encodePlaces, isGpuBuffer, type Places } from './gpu-places.ts';
import { type AdapterKind, type GpuProgram, loadProgram } from './gpu-program.ts';
import { checkInputs, copyOf, type Inputs, type IoData, inTurn, isGpuInput, readOutputs } from './io-data.ts';
import { kindOf } from './kind-of.ts';
import { outputBytes } from './make-buffers.ts';
import type { IoTensor, WgslManifest, WgslProgram } from './manifest.ts';
import { type Offers, offersOf } from './pick-variants.ts';
import { profileProgram } from './profile-program.ts';
import type { DownloadOptions } from './receive-weights.ts';
import { checkBatch, type DispatchTime, type Outputs, type Session } from './session.ts';
import { writeInputs } from './write-inputs.ts';

export interface SessionOptions extends DownloadOptions {
  /** Called while pipelines compile. */
  readonly onProgress?: OnProgress | undefined;
  /** Whether to use what the adapter offers; by default what the device and the WGSL implementation have. */
  readonly offers?: Offers | undefined;
  /** What the program is shaped for. Default: what the device's adapter is. */
  readonly adapter?: AdapterKind | undefined;
}

/** A device, or how to get one: then the session recovers from a lost device. */
export type DeviceSource = GPUDevice | (() => Promise<GPUDevice>);

/**
 * Prepares a program: compiles each module once, uploads the weights once, creates every buffer. Rejects with
 * the dispatch's label if a shader does not compile, and with the limit's name if the device is too small. If
 * the device is lost and `source` is a function, the next call reloads the program on the device that it
 * returns.
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

type Task<T> = (gpu: GpuProgram, batch: readonly Inputs[]) => Promise<T>;

/** Where the outputs of one inference go: those that are read to `at` of the readback. */
interface Target {
  readonly readback: GPUBuffer;
  readonly at: number;
  readonly read: readonly IoTensor[];
  readonly places: Places;
}

class GpuSession implements Session {
  readonly manifest: WgslManifest;
  readonly #source: DeviceSource;
  readonly #program: WgslProgram;
  /** Its signal ends the first loading only. */
  #options: SessionOptions;
  #gpu: GpuProgram | undefined;
  #loading: Promise<GpuProgram> | undefined;
  /** Why no more runs are possible. */
  #ended: string | undefined;

  constructor(source: DeviceSource, program: WgslProgram, options: SessionOptions) {
    this.manifest = program.manifest;
    this.#source = source;
    this.#program = program;
    this.#options = options;
  }

  /** The program on a device, loaded anew after a loss: once, for all who wait. */
  ready(): Promise<GpuProgram> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<GpuProgram> {
    if (this.#gpu) return this.#gpu;
    const device = typeof this.#source === 'function' ? await this.#source() : this.#source;
    if (typeof device?.createBuffer !== 'function')
      throw new Error(`expected a GPUDevice or a function that gives one, found ${kindOf(device)}`);
    const { offers = offersOf(device), ...options } = this.#options;
    const gpu = await loadProgram(device, this.#program, { offers, ...options }).catch((error) => {
      if (typeof this.#source === 'function') device.destroy();
      throw error;
    });
    this.#options = { ...this.#options, signal: undefined };
    this.#gpu = gpu;
    device.lost.then(({ message, reason }) => this.#lose(gpu, message || reason));
    if (this.#ended) this.dispose();
    this.#assertAlive();
    return gpu;
  }

  get device(): GPUDevice | undefined {
    return this.#gpu?.device;
  }

  async run<T extends IoData>(inputs: Inputs, into: Places = {}): Promise<Outputs<T>> {
    checkPlaces(this.manifest, into);
    const [outputs] = await this.#infer<T>([inputs], into);
    return outputs as Outputs<T>;
  }

  async runBatch<T extends IoData>(batch: readonly Inputs[]): Promise<Outputs<T>[]> {
    checkBatch(this.manifest, batch, kindOf(batch));
    return this.#infer<T>(batch);
  }

  async profile(inputs: Inputs): Promise<DispatchTime[]> {
    return this.#start([inputs], (gpu, [only]) => profileProgram(gpu, only as Inputs));
  }

  dispose(): void {
    this.#ended ??= 'the session is disposed';
    this.#gpu?.dispose();
    if (typeof this.#source === 'function') this.#gpu?.device.destroy();
  }

  #lose(gpu: GpuProgram, reason: string): void {
    if (this.#gpu !== gpu) return;
    this.#gpu = undefined;
    if (typeof this.#source !== 'function') this.#ended ??= `the GPU device was lost: ${reason}`;
  }

  /**
   * Checks the inputs and passes their current contents to `task`: directly, or as copies if a device must be
   * created first.
   */
  async #start<T>(batch: readonly Inputs[], task: Task<T>): Promise<T> {
    this.#assertAlive();
    for (const inputs of batch) checkInputs(this.manifest.inputs, inputs, isOnGpu);
    const gpu = this.#gpu;
    if (gpu) return this.#guard(gpu, () => task(gpu, batch));
    const copies = batch.map(copyOf);
    const next = await this.ready();
    return this.#guard(next, () => task(next, copies));
  }

  #infer<T extends IoData>(runs: readonly Inputs[], places: Places = {}): Promise<Outputs<T>[]> {
    const read = this.manifest.outputs.filter(({ name }) => !Object.hasOwn(places, name));
    const size = outputBytes(read);
    return this.#start(runs, async (gpu, batch) => {
      if (batch.length === 0) return [];
      const readback = gpu.readbacks.take(batch.length * size);
      try {
        batch.forEach((inputs, i) => submit(gpu, inputs, { readback, at: i * size, read, places }));
        await readback.mapAsync(MAP_MODE_READ, 0, batch.length * size);
        const mapped = readback.getMappedRange(0, batch.length * size);
        return batch.map((_, i) => readOutputs<T>(read, mapped, inTurn(i * size)));
      } finally {
        readback.unmap();
        gpu.readbacks.give(readback);
      }
    });
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

/** What an input may be that is no array; throws for a buffer that is too small. */
function isOnGpu(data: Inputs[string], input: IoTensor): boolean {
  if (isGpuBuffer(data)) checkGpuBuffer(input, data);
  return isGpuBuffer(data) || isGpuInput(data);
}

function submit(gpu: GpuProgram, inputs: Inputs, { readback, at, read, places }: Target): void {
  writeInputs(gpu, inputs);
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  gpu.encode(pass);
  pass.end();
  encodePlaces(gpu, encoder, places);
  gpu.encodeReadback(encoder, read, { readback, at });
  gpu.device.queue.submit([encoder.finish()]);
}

async function settle<T>(promise: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}
