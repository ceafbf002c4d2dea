import { type BlockShape, blockShapes, type TunableLayer, type Tuning } from '@ghostc/backend-wgsl';
import { type CompileWgslOptions, compileWgsl } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { CompileError, type Graph } from '@ghostc/ir';
import { bindDimensions } from '@ghostc/ops';
import { createSession, type Session } from '@ghostc/wgsl-runtime';
import { dawnDevice } from './dawn-device.ts';

export interface TuneOptions extends CompileWgslOptions {
  /** Profiled runs of each shape; the fastest of a layer counts. */
  readonly rounds: number;
  readonly onStep?: (what: string) => void;
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
  /** Milliseconds of a whole inference, medians of interleaved runs. */
  readonly tuned: number;
  readonly static: number;
}

export type { Tuning };

/** A program of which every tunable layer has one shape, or the static one. */
interface Contestant {
  readonly session: Session;
  readonly layers: readonly TunableLayer[];
}

/** Least nanoseconds by layer and shape; layers of one key count together. */
type Times = Map<string, Map<string, number>>;

/**
 * Measures every shape of every layer on Dawn's adapter, one after the other in each round, and the tuned program against
 * the static one at the end. Throws `tool/missing`, `tune/layers` for a model without a layer to tune, and Error when the adapter
 * has no timestamps.
 */
export async function tuneWgsl(source: Graph, options: TuneOptions): Promise<TuneResult> {
  const model = options.bind?.size ? bindDimensions(source, options.bind) : source;
  const device = await dawnDevice();
  try {
    const { bind: _, ...settings } = options;
    const prepare = (tuning: Tuning): Promise<Contestant> => load(device, model, { ...settings, tuning });
    const fallback = await prepare({});
    const keys = [...new Set(fallback.layers.map(({ key }) => key))];
    if (keys.length === 0)
      throw new CompileError('tune/layers', `${model.name} has no layer whose kernel has a choice of shapes`);
    const contestants = [fallback];
    for (const [i, shape] of blockShapes.entries()) {
      options.onStep?.(`compiling shape ${i + 1} of ${blockShapes.length}`);
      contestants.push(await prepare(Object.fromEntries(keys.map((key) => [key, shape]))));
    }
    const inputs = inputsOf(model);
    const times: Times = new Map(keys.map((key) => [key, new Map()]));
    for (let round = 0; round < options.rounds; round++)
      for (const [i, contestant] of contestants.entries()) {
        options.onStep?.(`round ${round + 1} of ${options.rounds}, shape ${i + 1} of ${contestants.length}`);
        await profile(contestant, inputs, times);
      }
    for (const { session } of contestants.slice(1)) session.dispose();
    const layers = fallback.layers.flatMap(({ key, shape }, i) =>
      fallback.layers.findIndex((layer) => layer.key === key) === i ? [choose(key, shape, times)] : [],
    );
    options.onStep?.('the whole network');
    const tuned = await prepare(Object.fromEntries(layers.map(({ key, shape }) => [key, shape])));
    const [fast, slow] = await race([tuned.session, fallback.session], inputs, options.rounds + 2);
    return { adapter: adapterName(device), layers, tuned: fast as number, static: slow as number };
  } finally {
    device.destroy();
  }
}

async function load(device: GPUDevice, model: Graph, options: CompileWgslOptions): Promise<Contestant> {
  let layers: readonly TunableLayer[] = [];
  const program = compileWgsl(model, { ...options, onTunable: (found) => (layers = found) });
  return { session: await createSession(device, program), layers };
}

type Data = Readonly<Record<string, Float32Array>>;

function inputsOf(model: Graph): Data {
  return Object.fromEntries(
    [...seededInputs(model, 1)].map(([name, { data }]) => [name, data as Float32Array]),
  );
}

async function profile({ session, layers }: Contestant, inputs: Data, times: Times): Promise<void> {
  const found = await session.profile(inputs);
  const sums = new Map<string, Map<string, number>>();
  for (const { key, shape, dispatch } of layers) {
    const byShape = sums.get(key) ?? new Map<string, number>();
    sums.set(key, byShape);
    byShape.set(nameOf(shape), (byShape.get(nameOf(shape)) ?? 0) + (found[dispatch]?.nanoseconds ?? 0));
  }
  for (const [key, byShape] of sums)
    for (const [name, sum] of byShape)
      times.get(key)?.set(name, Math.min(sum, times.get(key)?.get(name) ?? sum));
}

const nameOf = ({ blocks, group }: BlockShape): string => `${blocks} ${group}`;

/** The fastest shape; the static one where no other is faster. */
function choose(key: string, fallback: BlockShape, times: Times): TunedLayer {
  const time = (shape: BlockShape): number => times.get(key)?.get(nameOf(shape)) ?? Number.POSITIVE_INFINITY;
  const shape = blockShapes.reduce((best, other) => (time(other) < time(best) ? other : best), fallback);
  return { key, shape, nanoseconds: time(shape), staticNanoseconds: time(fallback) };
}

/** Median milliseconds of each session, which take turns. */
async function race(sessions: readonly Session[], inputs: Data, rounds: number): Promise<number[]> {
  const times: number[][] = sessions.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, session] of sessions.entries()) {
      const start = performance.now();
      await session.run(inputs);
      times[i]?.push(performance.now() - start);
    }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN);
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
