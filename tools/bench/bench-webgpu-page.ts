import {
  createSession,
  offersOf,
  type Requirement,
  requestDevice,
  type Session,
  type WgslManifest,
} from '@ghostc/wgsl-runtime';

/** Runs in the page of bench-webgpu.ts. Counts calls of WebGPU by wrapping it, before anything else uses it. */
interface Counts {
  dispatches: number;
  submits: number;
  buffers: number;
  liveBytes: number;
  peakBytes: number;
}

const counts: Counts = { dispatches: 0, submits: 0, buffers: 0, liveBytes: 0, peakBytes: 0 };
wrapWebGpu();

interface Contestant {
  readonly load: () => Promise<void>;
  readonly run: () => Promise<Float32Array>;
}

// biome-ignore lint/suspicious/noExplicitAny: another package's session
let ortSession: any;
let input: Float32Array;
let shape: readonly number[];

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await fetch(path)).arrayBuffer());
}

/** Our program in `folder`; `without`: a requirement whose variants are left out. */
function ours(folder: string, without?: Requirement): Contestant {
  let session: Session;
  return {
    load: async () => {
      const manifest: WgslManifest = await (await fetch(`/${folder}/manifest.json`)).json();
      const weights = async () => (await fetch(`/${folder}/weights.bin`)).body as ReadableStream<Uint8Array>;
      const device = await requestDevice(manifest);
      const all = offersOf(device);
      const offers = (need: Requirement): boolean => need !== without && all(need);
      session = await createSession(device, { manifest, weights }, { offers });
    },
    run: async () => {
      const [x] = session.manifest.inputs;
      return Object.values(await session.run({ [x?.name ?? '']: input }))[0] as Float32Array;
    },
  };
}

const contestants: Readonly<Record<string, Contestant>> = {
  ghostc: ours('f32'),
  'ghostc int8': ours('int8'),
  'ghostc int8, no dot4': ours('int8', 'packed_4x8_integer_dot_product'),
  'onnxruntime-web': {
    load: async () => {
      const ort = await ortModule();
      ortSession = await ort.InferenceSession.create(await bytesOf('/model.onnx'), {
        executionProviders: ['webgpu'],
      });
    },
    run: async () => {
      const ort = await ortModule();
      const tensor = new ort.Tensor('float32', input, shape);
      const outputs = await ortSession.run({ [ortSession.inputNames[0]]: tensor });
      return (await outputs[ortSession.outputNames[0]].getData()) as Float32Array;
    },
  },
};

// biome-ignore lint/suspicious/noExplicitAny: another package's module
async function ortModule(): Promise<any> {
  const path = '/ort/ort.webgpu.min.mjs';
  const ort = await import(path);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '/ort/';
  ort.env.logLevel = 'error';
  return ort;
}

const page = {
  async prepare(): Promise<object> {
    const manifest: WgslManifest = await (await fetch('/f32/manifest.json')).json();
    shape = manifest.inputs[0]?.shape ?? [];
    input = new Float32Array((await bytesOf('/input.bin')).buffer);
    const adapter = await navigator.gpu.requestAdapter();
    const { vendor, architecture, description } = adapter?.info ?? {};
    await ortModule(); // its WebAssembly is not part of the race, but for its start
    return {
      vendor,
      architecture,
      description,
      features: [...(adapter?.features ?? [])].sort(),
      wgsl: [...navigator.gpu.wgslLanguageFeatures].sort(),
    };
  },

  /** Milliseconds until the first output, everything included; what one more run does; its output. */
  async first(name: string): Promise<object> {
    const contestant = contestants[name];
    if (!contestant) throw new Error(`there is no contestant ${name}`);
    const { load, run } = contestant;
    const bytes = counts.liveBytes;
    counts.peakBytes = bytes;
    const start = performance.now();
    await load();
    await run();
    const firstRun = performance.now() - start;
    await run();
    Object.assign(counts, { dispatches: 0, submits: 0, buffers: 0 });
    const output = await run();
    const { dispatches, submits, buffers, peakBytes } = counts;
    return { firstRun, dispatches, submits, buffers, peakBytes: peakBytes - bytes, output: [...output] };
  },

  async time(name: string): Promise<number> {
    const start = performance.now();
    await contestants[name]?.run();
    return performance.now() - start;
  },
};

export type BenchPage = typeof page;
Object.assign(globalThis, { bench: page });

function wrapWebGpu(): void {
  wrap(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => counts.dispatches++);
  wrap(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', () => counts.dispatches++);
  wrap(GPUQueue.prototype, 'submit', () => counts.submits++);
  wrap(GPUDevice.prototype, 'createBuffer', (made) => {
    counts.buffers++;
    counts.liveBytes += (made as GPUBuffer).size;
    counts.peakBytes = Math.max(counts.peakBytes, counts.liveBytes);
  });
  const destroyed = new WeakSet<object>();
  wrap(GPUBuffer.prototype, 'destroy', (_, buffer) => {
    if (destroyed.has(buffer)) return;
    destroyed.add(buffer);
    counts.liveBytes -= (buffer as GPUBuffer).size;
  });
}

function wrap(prototype: object, name: string, after: (result: unknown, self: object) => void): void {
  const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[name] as (...args: unknown[]) => unknown;
  methods[name] = function (this: object, ...args) {
    const result = original.apply(this, args);
    after(result, this);
    return result;
  };
}
