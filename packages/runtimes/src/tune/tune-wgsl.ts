import { type BlockShape, blockShapes, type Tuning } from '@ghostc/backend-wgsl';
import type { CompileWgslOptions } from '@ghostc/compiler';
import { CompileError, type Graph } from '@ghostc/ir';
import { bindDimensions } from '@ghostc/ops';
import { adapterName, type Session } from '@ghostc/wgsl-runtime';
import { dawnDevice } from '../wgsl/dawn-device.ts';
import { isFaster, median, pairedRatio } from './paired-times.ts';
import { type Contestant, type Data, inputsOf, inTurn, openContestant } from './tune-contestant.ts';
import { type TunedGhost, tuneGhosts } from './tune-ghosts.ts';

export interface TuneOptions extends CompileWgslOptions {
  /** Profiled runs of each shape, which take turns. */
  readonly rounds: number;
  readonly onStep?: (what: string) => void;
}

export interface TunedLayer {
  readonly key: string;
  readonly shape: BlockShape;
  /** Medians, of the chosen shape and of the static cost model's. */
  readonly nanoseconds: number;
  readonly staticNanoseconds: number;
}

export interface TuneResult {
  /** As WebGPU names it: vendor, architecture, device, description. */
  readonly adapter: string;
  readonly ghosts: readonly TunedGhost[];
  readonly layers: readonly TunedLayer[];
  /** What is to be kept: the static choice of a layer where no other is faster by more than the noise; of all, if `lost`. */
  readonly tuning: Tuning;
  /** The program of the faster layers was no faster than the static one. */
  readonly lost: boolean;
  /** Milliseconds of a whole inference, medians of interleaved runs; `ratio` is the median over their rounds. */
  readonly tuned: number;
  readonly static: number;
  readonly ratio: number;
}

export type { Tuning };

type Prepare = (tuning: Tuning) => Promise<Contestant>;

/**
 * Measures each Ghost module in one kernel and in two, then every shape of every layer, on Dawn's adapter. Contestants take
 * turns in each round, and one is chosen where it is faster in most of them, also when what was chosen is measured once
 * more; at the end the program of all that was chosen races the static one, and nothing is kept if it loses. Throws
 * `tool/missing`, `tune/layers` for a model without a layer to tune, and Error when the adapter has no timestamps.
 */
export async function tuneWgsl(source: Graph, options: TuneOptions): Promise<TuneResult> {
  const { bind, rounds, onStep, ...settings } = options;
  const model = bind?.size ? bindDimensions(source, bind) : source;
  const device = await dawnDevice();
  const prepare: Prepare = (tuning) => openContestant(device, model, { ...settings, tuning });
  try {
    const run = { rounds, onStep };
    const fallback = await prepare({});
    const ghosts = await tuneGhosts(model, { ...run, device, settings });
    const forms = Object.fromEntries(ghosts.map(({ key, form }) => [key, form]));
    const base = await prepare(forms);
    if (base.layers.length + ghosts.length === 0)
      throw new CompileError('tune/layers', `${model.name} has no layer whose kernel has a choice of shapes`);
    const inputs = inputsOf(model);
    const layers = await tuneShapes(base, {
      ...run,
      inputs,
      prepare: (shapes) => prepare({ ...forms, ...shapes }),
    });
    const chosen = { ...forms, ...shapesOf(layers) };
    const staticForms = Object.fromEntries(ghosts.map(({ key, staticForm }) => [key, staticForm]));
    const unchosen = { ...staticForms, ...shapesOf(fallback.layers) };
    onStep?.('the whole network');
    const isStatic = JSON.stringify(chosen) === JSON.stringify(unchosen);
    const sessions = {
      base: fallback.session,
      other: isStatic ? undefined : (await prepare(chosen)).session,
    };
    const race = await raced(sessions, { inputs, rounds: 2 * rounds + 1 });
    const lost = race.ratio < 1;
    return {
      adapter: adapterName(device.adapterInfo),
      ghosts,
      layers,
      tuning: lost ? unchosen : chosen,
      lost,
      ...race,
    };
  } finally {
    device.destroy();
  }
}

interface ShapeRun extends Pick<TuneOptions, 'rounds' | 'onStep'> {
  readonly inputs: Data;
  readonly prepare: Prepare;
}

/** The faster shapes of the layers of `base`, which has the static ones: those that win twice. */
async function tuneShapes(base: Contestant, run: ShapeRun): Promise<TunedLayer[]> {
  const keys = [...new Set(base.layers.map(({ key }) => key))];
  const contestants: Contestant[] = [];
  const shapes = blockShapes[base.layers[0]?.adapter ?? 'software'];
  for (const [i, shape] of shapes.entries()) {
    run.onStep?.(`compiling shape ${i + 1} of ${shapes.length}`);
    contestants.push(await run.prepare(Object.fromEntries(keys.map((key) => [key, shape]))));
  }
  const first = await profiles([base, ...contestants], run);
  for (const { session } of contestants) session.dispose();
  const winners = shapesOf(keys.map((key) => choose(base, key, first)));
  const combined = await run.prepare(winners);
  const second = await profiles([base, combined], run);
  combined.session.dispose();
  return keys.map((key) => choose(base, key, second));
}

function shapesOf(layers: readonly Pick<TunedLayer, 'key' | 'shape'>[]): Tuning {
  return Object.fromEntries(layers.map(({ key, shape }) => [key, shape]));
}

/** The fastest shape of the contestants after the first; the first one's where none is faster by more than the noise. */
function choose({ layers }: Contestant, key: string, [base, ...others]: readonly Profile[]): TunedLayer {
  const fallback = layers.find((layer) => layer.key === key)?.shape as BlockShape;
  const times = base?.get(key)?.times ?? [];
  const faster = others
    .flatMap((profile) => profile.get(key) ?? [])
    .filter(({ shape }) => !isSameShape(shape, fallback))
    .map(({ shape, times: other }) => ({ shape, pairs: { base: times, other } }))
    .filter(({ pairs }) => isFaster(pairs))
    .sort((a, b) => pairedRatio(b.pairs) - pairedRatio(a.pairs));
  const [best = { shape: fallback, pairs: { base: times, other: times } }] = faster;
  return {
    key,
    shape: best.shape,
    nanoseconds: median(best.pairs.other),
    staticNanoseconds: median(times),
  };
}

const isSameShape = (one: BlockShape, other: BlockShape): boolean =>
  one.blocks === other.blocks && one.group === other.group && (one.parts ?? 1) === (other.parts ?? 1);

/** By layer its shape, and nanoseconds in each round; layers of one key count together. */
type Profile = ReadonlyMap<string, { readonly shape: BlockShape; readonly times: number[] }>;

/** Profiles of contestants that take turns. */
async function profiles(contestants: readonly Contestant[], run: ShapeRun): Promise<Profile[]> {
  const found = contestants.map(
    ({ layers }): Profile => new Map(layers.map(({ key, shape }) => [key, { shape, times: [] }])),
  );
  for (const { item, index, round } of inTurn(contestants, run.rounds)) {
    run.onStep?.(`round ${round + 1} of ${run.rounds}, program ${index + 1} of ${contestants.length}`);
    const dispatches = await item.session.profile(run.inputs);
    for (const { key, dispatch } of item.layers) {
      const times = found[index]?.get(key)?.times as number[];
      times[round] = (times[round] ?? 0) + (dispatches[dispatch]?.nanoseconds ?? 0);
    }
  }
  return found;
}

/** The static session and the tuned one, which take turns; without the latter the static one counts for both. */
async function raced(
  { base, other }: { readonly base: Session; readonly other: Session | undefined },
  { inputs, rounds }: { readonly inputs: Data; readonly rounds: number },
): Promise<Pick<TuneResult, 'tuned' | 'static' | 'ratio'>> {
  const timeOf = async (session: Session): Promise<number> => {
    const start = performance.now();
    await session.run(inputs);
    return performance.now() - start;
  };
  const sessions = other ? [base, other] : [base];
  const times: number[][] = sessions.map(() => []);
  await timeOf(other ?? base);
  for (const { item, index } of inTurn(sessions, rounds)) times[index]?.push(await timeOf(item));
  const pairs = { base: times[0] ?? [], other: times.at(-1) ?? [] };
  return { static: median(pairs.base), tuned: median(pairs.other), ratio: pairedRatio(pairs) };
}
