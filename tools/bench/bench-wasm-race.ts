/** Runs in Node and in the page of bench-wasm.ts: our packages and onnxruntime-web's WebAssembly, in turn, one thread each. */
export interface RaceOptions {
  /** URL of the folder with the packages `f32` and `int8`. */
  readonly packages: string;
  /** URL of the folder with `f32.onnx` and `int8.onnx`. */
  readonly models: string;
  /** URL of onnxruntime-web's module. */
  readonly ort: string;
  /** URL of the folder with its WebAssembly; it finds that itself in Node. */
  readonly ortFiles?: string | undefined;
  readonly rounds: number;
}

export const contestants = ['ghostc f32', 'ort-web f32', 'ghostc int8', 'ort-web int8'] as const;
type Contestant = (typeof contestants)[number];

/** Of one contestant, in milliseconds. */
interface Times {
  /** Download, compile, first run. */
  readonly first: number;
  readonly least: number;
  readonly median: number;
}

export type Race = Readonly<Record<Contestant, Times>> & { readonly difference: number };

type Run = () => Promise<Float32Array>;

export async function race(options: RaceOptions): Promise<Race> {
  const { packages, models, rounds } = options;
  const loaders: Readonly<Record<Contestant, () => Promise<Run>>> = {
    'ghostc f32': () => ours(`${packages}/f32/net.js`),
    'ort-web f32': () => theirs(options, `${models}/f32.onnx`),
    'ghostc int8': () => ours(`${packages}/int8/net.js`),
    'ort-web int8': () => theirs(options, `${models}/int8.onnx`),
  };
  const runs = new Map<Contestant, Run>();
  const firsts = new Map<Contestant, number>();
  for (const name of contestants) {
    const start = performance.now();
    const run = await loaders[name]();
    await run();
    firsts.set(name, performance.now() - start);
    runs.set(name, run);
  }
  const times = new Map(contestants.map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of runs) {
      const start = performance.now();
      await run();
      times.get(name)?.push(performance.now() - start);
    }
  const row = (name: Contestant): Times => summary(firsts.get(name) ?? 0, times.get(name) ?? []);
  const [ourOutput, theirOutput] = [await runs.get('ghostc f32')?.(), await runs.get('ort-web f32')?.()];
  return {
    'ghostc f32': row('ghostc f32'),
    'ort-web f32': row('ort-web f32'),
    'ghostc int8': row('ghostc int8'),
    'ort-web int8': row('ort-web int8'),
    difference: difference(ourOutput, theirOutput),
  };
}

function summary(first: number, times: readonly number[]): Times {
  const sorted = [...times].sort((a, b) => a - b);
  return { first, least: sorted[0] ?? Number.NaN, median: sorted[sorted.length >> 1] ?? Number.NaN };
}

function difference(a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()): number {
  return Math.max(...b.map((v, i) => Math.abs(v - (a[i] ?? Number.NaN)))) / Math.max(...b.map(Math.abs));
}

/** The same values everywhere, of -1 to 1. */
const inputOf = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (((i * 7919) % 2001) - 1000) / 1000);

async function ours(url: string): Promise<Run> {
  const { load, manifest } = await import(url);
  const model = await load();
  const [{ name, shape }] = manifest.inputs;
  const x = inputOf(shape.reduce((n: number, dim: number) => n * dim, 1));
  return async () => Object.values(await model.run({ [name]: x }))[0] as Float32Array;
}

async function theirs({ ort: url, ortFiles }: RaceOptions, model: string): Promise<Run> {
  const ort = await import(url);
  ort.env.wasm.numThreads = 1;
  if (ortFiles) ort.env.wasm.wasmPaths = ortFiles;
  ort.env.logLevel = 'error';
  const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer());
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  const [name] = session.inputNames;
  const shape = session.inputMetadata[0].shape.map(Number);
  const x = new ort.Tensor('float32', inputOf(shape.reduce((n: number, dim: number) => n * dim, 1)), shape);
  return async () => (await session.run({ [name]: x }))[session.outputNames[0]].data as Float32Array;
}
