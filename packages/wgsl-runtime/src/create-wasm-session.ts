import { checkIo } from './check-program.ts';
import {
  checkInputs,
  type Inputs,
  type IoData,
  isPixelInput,
  type PixelInput,
  readOutputs,
} from './io-data.ts';
import { isModule } from './is-module.ts';
import { kindOf } from './kind-of.ts';
import type { IoTensor, WasmManifest, WasmProgram } from './manifest.ts';
import { checkWeights, type DownloadOptions, receiveWeights } from './receive-weights.ts';
import { checkBatch, type DispatchTime, type Outputs, type Session } from './session.ts';

const PAGE = 65536;

/** `profile` takes the mean of as many runs as fit, for clocks of pages are coarse. */
const PROFILE_MILLISECONDS = 100;
const PROFILE_RUNS = 50;

type Run = (arena: number, weights: number, ...buffers: number[]) => number;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
  readonly [run: `${string}_run`]: Run;
}

/** A module with its memory laid out: the weights, then the arena. */
interface Loaded {
  readonly memory: WebAssembly.Memory;
  readonly weights: number;
  readonly arena: number;
  run(): number;
}

/** Called before each layer, which are counted from 1. */
type OnLayer = (layer: number) => void;

/**
 * Makes a WebAssembly program ready: compiles it, and reads the weights into its memory. Runs on the thread that calls it, in
 * a page, a worker, Node or Deno. Rejects with what is missing.
 */
export async function createWasmSession(
  program: WasmProgram,
  options: DownloadOptions = {},
): Promise<Session<WasmManifest>> {
  const { manifest, weights } = program;
  if (manifest?.format !== 'ghostc-wasm/1')
    throw new Error(`expected a manifest of format ghostc-wasm/1, found ${manifest?.format}`);
  checkIo(manifest);
  checkWeights(manifest, weights);
  const session = new WasmSession(manifest);
  await session.load(program, options);
  return session;
}

class WasmSession implements Session<WasmManifest> {
  readonly manifest: WasmManifest;
  #loaded: Loaded | undefined;
  #onLayer: OnLayer | undefined;

  constructor(manifest: WasmManifest) {
    this.manifest = manifest;
  }

  async load(program: WasmProgram, options: DownloadOptions): Promise<void> {
    const imports = { env: { layer: (layer: number) => this.#onLayer?.(layer) } };
    const instance = await instantiate(program, imports);
    const loaded = layOut(this.manifest, instance.exports as unknown as Exports);
    const take = (bytes: Uint8Array, at: number): void =>
      new Uint8Array(loaded.memory.buffer, loaded.weights + at).set(bytes);
    await receiveWeights(program, take, options);
    this.#loaded = loaded;
  }

  async run<T extends IoData>(inputs: Inputs, into?: object): Promise<Outputs<T>> {
    if (into) throw new Error(`${this.manifest.name}: as WebAssembly it leaves no output on a GPU`);
    this.#check([inputs]);
    return this.#infer<T>(inputs);
  }

  async runBatch<T extends IoData>(batch: readonly Inputs[]): Promise<Outputs<T>[]> {
    checkBatch(this.manifest, batch, kindOf(batch));
    this.#check(batch);
    return batch.map((inputs) => this.#infer<T>(inputs));
  }

  async profile(inputs: Inputs): Promise<DispatchTime[]> {
    this.#check([inputs]);
    const { layers } = this.manifest;
    const sums = new Float64Array(layers.length + 1);
    let [layer, since] = [0, performance.now()];
    const end = since + PROFILE_MILLISECONDS;
    const mark = (next: number): void => {
      const now = performance.now();
      sums[layer] = (sums[layer] ?? 0) + now - since;
      [layer, since] = [next, now];
    };
    this.#onLayer = mark;
    let runs = 0;
    try {
      for (; runs === 0 || (runs < PROFILE_RUNS && performance.now() < end); runs++) {
        this.#infer(inputs);
        mark(0);
      }
    } finally {
      this.#onLayer = undefined;
    }
    const nanoseconds = (i: number): number => ((sums[i + 1] ?? 0) / runs) * 1e6;
    return layers.map(({ label, module }, i) => ({ label, module, nanoseconds: nanoseconds(i) }));
  }

  dispose(): void {
    this.#loaded = undefined;
  }

  #check(batch: readonly Inputs[]): void {
    this.#alive();
    for (const inputs of batch) checkInputs(this.manifest.inputs, inputs, isPixelInput);
  }

  #alive(): Loaded {
    if (this.#loaded) return this.#loaded;
    throw new Error(`${this.manifest.name}: the session is disposed`);
  }

  #infer<T extends IoData>(inputs: Inputs): Outputs<T> {
    const { memory, arena, run } = this.#alive();
    const { name, inputs: expected, outputs } = this.manifest;
    for (const input of expected) {
      const data = bytesOf(inputs[input.name] as IoData | PixelInput, input);
      new Uint8Array(memory.buffer, arena + input.offset, input.bytes).set(data);
    }
    const status = run();
    if (status !== 0) throw new Error(`${name}: the run ended with status ${status}`);
    return readOutputs<T>(outputs, memory.buffer, ({ offset }) => arena + offset);
  }
}

function bytesOf(data: IoData | PixelInput, input: IoTensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = isPixelInput(data) ? data.values(input) : data;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

async function instantiate(
  { manifest: { name }, code }: WasmProgram,
  imports: WebAssembly.Imports,
): Promise<WebAssembly.Instance> {
  if (typeof WebAssembly === 'undefined') throw new Error('there is no WebAssembly here');
  try {
    const module = isModule(code) ? code : await WebAssembly.compile(new Uint8Array(code));
    return await WebAssembly.instantiate(module, imports);
  } catch (error) {
    throw new Error(`${name}: ${refusal(error instanceof Error ? error.message : String(error))}`, {
      cause: error,
    });
  }
}

function refusal(message: string): string {
  if (/unsafe-eval|Content Security/i.test(message))
    return "the page's content security policy forbids WebAssembly: script-src needs 'wasm-unsafe-eval'";
  return `the WebAssembly module was refused, which needs SIMD and bulk memory: ${message}`;
}

const align = (address: number): number => Math.ceil(address / 16) * 16;

function layOut({ name, weightBytes, arenaBytes, inputs, outputs }: WasmManifest, exports: Exports): Loaded {
  const { memory, __heap_base: heap } = exports;
  const weights = align(heap.value);
  const arena = align(weights + weightBytes);
  const missing = arena + arenaBytes - memory.buffer.byteLength;
  try {
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  } catch (error) {
    throw new Error(`${name}: no room for ${weightBytes + arenaBytes} bytes`, { cause: error });
  }
  const buffers = [...inputs, ...outputs].map(({ offset }) => arena + offset);
  const run = exports[`${name}_run`] as Run;
  return { memory, weights, arena, run: () => run(arena, weights, ...buffers) };
}
