import { interpret } from '@ghostc/interpreter';
import type { Graph, Tensor } from '@ghostc/ir';
import { nodeWork } from '@ghostc/ops';
import type { Sample, Samples } from './calibrate.ts';
import { finish, type Prepared, prepare, type QuantizedModel, type QuantizeOptions } from './quantize.ts';
import { SignalToNoise } from './signal-to-noise.ts';

/** Options of `autoQuantize`: those of `quantize` are where the search starts. */
export interface AutoOptions extends QuantizeOptions {
  /**
   * Seconds that the search may take on a machine of 2 * 10^8 multiply-accumulates a second. A step that would go beyond is left
   * out, so the same model, data and effort give the same result anywhere. 300 if absent.
   */
  readonly effort?: number | undefined;
  /** Called with each step once it was tried. */
  readonly onStep?: ((step: AutoStep) => void) | undefined;
}

/** One thing that the search tried. */
export interface AutoStep {
  readonly step: string;
  /** Signal to noise of the outputs with it, in dB, on samples that it did not see. */
  readonly sqnr: number;
  /** Whether it was better than what was there before. */
  readonly kept: boolean;
}

/** A quantised model, what was tried for it, and what was left out because of the effort. */
export interface AutoQuantizedModel extends QuantizedModel {
  readonly steps: readonly AutoStep[];
  readonly leftOut: readonly string[];
}

/** Work a second, in multiply-accumulates and elements. */
const SPEED = 2e8;
const EFFORT = 300;
/** A step is learnt and judged twice: the samples with one remainder modulo `EVERY` judge, the others are learnt from. */
const EVERY = 4;
const JUDGING = [3, 1];
/** What a step has to bring, in dB. */
const GAIN = 0.1;
/** Runs of a sample that a step costs beside the judgement: the float and the integer run, columns and products. */
const FIT_RUNS = { biases: 4, weights: 12 } as const;

type Change = Partial<QuantizeOptions>;

/** In this order: what is learnt later is learnt for what was chosen before. */
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
 * Tries what can make the integers better, one after the other, keeps what does on samples that it did not see (two folds, of a
 * quarter of the samples each), and quantises with all samples in the end. `int16Part` is what 16-bit activations may be given to. Throws as `quantize`.
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

/** Samples to learn from, others to judge by, and what calibration made of the first, by whether it equalised. */
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

  /** The best of it, learnt from all samples. */
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

  /** Of a step, and of the end where it is taken. */
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
