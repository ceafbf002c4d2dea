import { interpret } from '@ghostc/interpreter';
import type { Graph, Tensor } from '@ghostc/ir';
import { nodeWork } from '@ghostc/ops';
import type { Sample, Samples } from './calibrate.ts';
import { finish, type Prepared, prepare, type QuantizedModel, type QuantizeOptions } from './quantize.ts';
import { SignalToNoise } from './signal-to-noise.ts';

/** Options of `autoQuantize`: those of `quantize` are the starting point of the search. */
export interface AutoOptions extends QuantizeOptions {
  /**
   * Seconds that the search may take on a machine with 2 * 10^8 multiply-accumulates per second. A step that
   * would exceed this is skipped, so the same model, data and effort give the same result anywhere. 300 if
   * absent.
   */
  readonly effort?: number | undefined;
  /** Called with each step after it was tried. */
  readonly onStep?: ((step: AutoStep) => void) | undefined;
}

/** One step of the search. */
export interface AutoStep {
  readonly step: string;
  /** Signal-to-noise ratio of the outputs with it, in dB, on held-out samples. */
  readonly sqnr: number;
  /** Whether it was better than the best so far. */
  readonly kept: boolean;
}

/** A quantised model, what was tried for it, and what was skipped because of the effort. */
export interface AutoQuantizedModel extends QuantizedModel {
  readonly steps: readonly AutoStep[];
  readonly leftOut: readonly string[];
}

/** Work per second, in multiply-accumulates and elements. */
const SPEED = 2e8;
const EFFORT = 300;
/**
 * A step is fitted and judged twice: the samples with one remainder modulo `EVERY` judge, the others are used
 * for fitting.
 */
const EVERY = 4;
const JUDGING = [3, 1];
/** The minimum gain of a step, in dB. */
const GAIN = 0.1;
/** Runs of a sample that a step costs besides judging: the float and the integer run, columns and products. */
const FIT_RUNS = { biases: 4, weights: 12 } as const;

type Change = Partial<QuantizeOptions>;

/** In this order: later steps are fitted for the earlier choices. */
function changes({ int16Part = 0 }: QuantizeOptions): readonly (readonly [string, Change])[] {
  const wide = (part: number): readonly [string, Change] => [
    `16-bit activations for the last ${+(100 * part).toFixed(2)} % of the work`,
    { int16Part: part },
  ];
  return [
    ['equalisation', { equalize: true }],
    ['ranges of least squared error', { method: 'mse' }],
    ...(int16Part > 0 ? [wide(int16Part)] : []),
    ['fitted biases', { fit: 'biases' }],
    ['fitted weights', { fit: 'weights' }],
  ];
}

/**
 * Tries methods that can improve the integers one after the other, keeps those that help on held-out samples
 * (two folds, of a quarter of the samples each), and finally quantises with all samples. `int16Part` is the
 * share that may get 16-bit activations. Throws as `quantize`.
 */
export function autoQuantize(
  lowered: Graph,
  samples: Samples,
  options: AutoOptions = {},
): AutoQuantizedModel {
  const search = new Search(lowered, [...samples], options);
  for (const [step, change] of changes(options)) search.attempt(step, change);
  return search.finish();
}

/** Samples to fit on, others to judge by, and the calibration of the former, with and without equalisation. */
interface Fold {
  readonly learnt: readonly Sample[];
  readonly judges: readonly { sample: Sample; wanted: ReadonlyMap<string, Tensor> }[];
  readonly prepared: Map<boolean, Prepared>;
}

/** Fewer than two samples judge themselves. */
function foldsOf(lowered: Graph, samples: readonly Sample[]): Fold[] {
  const every = Math.min(EVERY, samples.length);
  const judging = every < 2 ? [0] : [...new Set(JUDGING.map((remainder) => remainder % every))];
  return judging.map((remainder) => {
    const judges = samples.filter((_, i) => i % Math.max(1, every) === remainder);
    return {
      judges: judges.map((sample) => ({ sample, wanted: interpret(lowered, sample.inputs) })),
      learnt: every < 2 ? samples : samples.filter((_, i) => i % every !== remainder),
      prepared: new Map(),
    };
  });
}

class Search {
  readonly #steps: AutoStep[] = [];
  readonly #leftOut: string[] = [];
  readonly #lowered: Graph;
  readonly #all: readonly Sample[];
  readonly #folds: readonly Fold[];
  readonly #options: AutoOptions;
  readonly #runWork: number;
  #left: number;
  #best: QuantizeOptions;
  #sqnr = Number.NEGATIVE_INFINITY;

  constructor(lowered: Graph, samples: readonly Sample[], options: AutoOptions) {
    this.#lowered = lowered;
    this.#all = samples;
    this.#options = options;
    this.#folds = foldsOf(lowered, samples);
    this.#runWork = [...lowered.nodes()].reduce((sum, node) => sum + nodeWork(node), 0);
    this.#left = (options.effort ?? EFFORT) * SPEED;
    this.#best = { ...options, int16Part: 0, io: 'float', keep: undefined, reportSamples: undefined };
    this.attempt('ranges of all values', {});
  }

  attempt(step: string, change: Change): void {
    const options = { ...this.#best, ...change };
    const cost = this.#folds.reduce((sum, fold) => sum + this.#costOf(fold, options), 0);
    if (this.#steps.length > 0 && cost > this.#left) {
      this.#leftOut.push(step);
      return;
    }
    this.#left -= cost;
    const sqnr = this.#judge(step, options);
    const kept = sqnr > this.#sqnr + GAIN;
    if (kept) [this.#best, this.#sqnr] = [options, sqnr];
    const found = { step, sqnr, kept };
    this.#steps.push(found);
    this.#options.onStep?.(found);
  }

  /** The best settings, fitted on all samples. */
  finish(): AutoQuantizedModel {
    const { keep, reportSamples, io } = this.#options;
    const options = { ...this.#best, keep, reportSamples, io };
    const model = finish(prepare(this.#lowered, this.#all, options), this.#all, options);
    return { ...model, steps: this.#steps, leftOut: this.#leftOut };
  }

  #preparedFor({ prepared, learnt }: Fold, options: QuantizeOptions): Prepared {
    const key = options.equalize ?? false;
    const found = prepared.get(key) ?? prepare(this.#lowered, learnt, options);
    prepared.set(key, found);
    return found;
  }

  /** The cost of a step, and of the final run if it is kept. */
  #costOf({ prepared, learnt, judges }: Fold, { equalize = false, fit }: QuantizeOptions): number {
    const learning = (prepared.has(equalize) ? 0 : equalize ? 2 : 1) + (fit ? FIT_RUNS[fit] : 0);
    return this.#runWork * (learning * learnt.length + judges.length);
  }

  #judge(step: string, options: QuantizeOptions): number {
    const total = new SignalToNoise();
    let done = 0;
    for (const fold of this.#folds) {
      const { graph } = finish(this.#preparedFor(fold, options), fold.learnt, options);
      for (const { sample, wanted } of fold.judges) {
        total.addOutputs(wanted.values(), interpret(graph, sample.inputs).values());
        this.#options.onProgress?.(`judging ${step}`, ++done);
      }
    }
    return total.decibels;
  }
}
