import { type BlockShape, blockShapes, type TunableLayer, type Tuning } from '@ghostc/backend-wgsl';
import { type CompileWgslOptions, compileWgsl } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { CompileError, type Graph } from '@ghostc/ir';
import { createSession } from '@ghostc/wgsl-runtime';
import { dawnDevice } from './dawn-device.ts';

export interface TuneOptions extends CompileWgslOptions {
  /** Profiled runs of each shape; the fastest of a layer counts. */
  readonly rounds: number;
  readonly onShape?: (done: number, total: number) => void;
}

export interface TunedLayer {
  readonly key: string;
  readonly shape: BlockShape;
  /** Of the best shape, and of the static cost model's. */
  readonly nanoseconds: number;
  readonly staticNanoseconds: number;
}

export interface TuneResult {
  /** As WebGPU names it: vendor, architecture, device, description. */
  readonly adapter: string;
  readonly layers: readonly TunedLayer[];
}

export type { Tuning };

/** Fastest time of each layer, by key; layers of one key count together. */
type Times = ReadonlyMap<string, number>;

/** Measures every shape of every layer on Dawn's adapter. Throws `tool/missing`, and Error when it has no timestamps. */
export async function tuneWgsl(model: Graph, options: TuneOptions): Promise<TuneResult> {
  const device = await dawnDevice();
  try {
    const fallback = await measure(device, model, options);
    const measured: { readonly shape: BlockShape; readonly times: Times }[] = [];
    for (const [i, shape] of blockShapes.entries()) {
      options.onShape?.(i, blockShapes.length);
      const tuning = Object.fromEntries([...fallback.keys()].map((key) => [key, shape]));
      measured.push({ shape, times: await measure(device, model, { ...options, tuning }) });
    }
    const layers = [...fallback].map(([key, staticNanoseconds]): TunedLayer => {
      const time = (times: Times): number => times.get(key) ?? Number.POSITIVE_INFINITY;
      const best = measured.reduce((a, b) => (time(b.times) < time(a.times) ? b : a));
      return { key, shape: best.shape, nanoseconds: time(best.times), staticNanoseconds };
    });
    return { adapter: adapterName(device), layers };
  } finally {
    device.destroy();
  }
}

async function measure(device: GPUDevice, model: Graph, options: TuneOptions): Promise<Times> {
  let layers: readonly TunableLayer[] = [];
  const program = compileWgsl(model, { ...options, onTunable: (found) => (layers = found) });
  const session = await createSession(device, program);
  const inputs = Object.fromEntries(
    [...seededInputs(model, 1)].map(([name, { data }]) => [name, data as Float32Array]),
  );
  const best = new Map<string, number>();
  for (let round = 0; round < options.rounds; round++) {
    const times = await session.profile(inputs);
    const sums = new Map<string, number>();
    for (const { key, dispatch } of layers)
      sums.set(key, (sums.get(key) ?? 0) + (times[dispatch]?.nanoseconds ?? 0));
    for (const [key, sum] of sums) best.set(key, Math.min(sum, best.get(key) ?? sum));
  }
  session.dispose();
  return best;
}

function adapterName({ adapterInfo }: GPUDevice): string {
  const { vendor, architecture, device, description } = adapterInfo;
  return [vendor, architecture, device, description].filter(Boolean).join(' ') || 'unnamed';
}

/** What `ghostc tune` keeps: choices by adapter. */
export interface TuningCache {
  readonly format: 'ghostc-tuning/1';
  readonly adapters: Readonly<Record<string, Tuning>>;
}

/** The cache in `text`; an empty one if there is none. Throws `tune/cache` for anything else. */
export function parseTuningCache(text: string | undefined, file: string): TuningCache {
  if (text === undefined) return { format: 'ghostc-tuning/1', adapters: {} };
  let cache: Partial<TuningCache>;
  try {
    cache = JSON.parse(text);
  } catch (error) {
    throw new CompileError('tune/cache', `${file} is no JSON: ${(error as Error).message}`);
  }
  if (cache?.format !== 'ghostc-tuning/1' || typeof cache.adapters !== 'object' || !cache.adapters)
    throw new CompileError(
      'tune/cache',
      `${file}: expected the format ghostc-tuning/1, found ${cache?.format}`,
    );
  for (const [adapter, tuning] of Object.entries(cache.adapters))
    for (const [key, shape] of Object.entries(tuning)) checkShape(shape, `${file}: ${adapter}: ${key}`);
  return cache as TuningCache;
}

function checkShape(shape: BlockShape | undefined, where: string): void {
  if (blockShapes.some(({ blocks, group }) => blocks === shape?.blocks && group === shape?.group)) return;
  throw new CompileError('tune/cache', `${where}: there is no shape ${JSON.stringify(shape)}`);
}

/** The cache with a result added. */
export function withTuning(cache: TuningCache, { adapter, layers }: TuneResult): TuningCache {
  const tuned = Object.fromEntries(layers.map(({ key, shape }) => [key, shape]));
  return { ...cache, adapters: { ...cache.adapters, [adapter]: { ...cache.adapters[adapter], ...tuned } } };
}

/** The choices for an adapter: the named one, or the only one of the cache. Throws `tune/adapter`. */
export function tuningFor({ adapters }: TuningCache, name?: string): Tuning {
  const names = Object.keys(adapters);
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  const tuning = chosen === undefined ? undefined : adapters[chosen];
  if (tuning) return tuning;
  throw new CompileError(
    'tune/adapter',
    `the tuning cache has ${names.length ? names.join(', ') : 'no adapter'}${name ? `, not ${name}` : '; name one'}`,
  );
}
