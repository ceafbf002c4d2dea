import { createSession, requestDevice, type Session, type WgslManifest } from '@ghostc/wgsl-runtime';

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

let session: Session;
// biome-ignore lint/suspicious/noExplicitAny: another package's session
let ortSession: any;
let manifest: WgslManifest;
let input: Float32Array;

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await fetch(path)).arrayBuffer());
}

const contestants: Readonly<Record<string, Contestant>> = {
  ghostc: {
    load: async () => {
      session = await createSession(() => requestDevice(manifest), {
        manifest,
        weights: async () => (await fetch('/weights.bin')).body as ReadableStream<Uint8Array>,
      });
    },
    run: async () => {
      const [x] = manifest.inputs;
      return Object.values(await session.run({ [x?.name ?? '']: input }))[0] as Float32Array;
    },
  },
  'onnxruntime-web': {
    load: async () => {
      const ort = await ortModule();
      ortSession = await ort.InferenceSession.create(await bytesOf('/model.onnx'), {
        executionProviders: ['webgpu'],
      });
    },
    run: async () => {
      const ort = await ortModule();
      const [x] = manifest.inputs;
      const tensor = new ort.Tensor('float32', input, x?.shape);
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
    manifest = await (await fetch('/manifest.json')).json();
    input = new Float32Array((await bytesOf('/input.bin')).buffer);
    const adapter = await navigator.gpu.requestAdapter();
    const { vendor, architecture, description } = adapter?.info ?? {};
    await ortModule(); // its WebAssembly is not part of the race, but for its start
    return { vendor, architecture, description, features: [...(adapter?.features ?? [])].sort() };
  },

  /** Milliseconds until the first output, everything included; what one more run does; its output. */
  async first(name: string): Promise<object> {
    const { load, run } = contestants[name] as Contestant;
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
