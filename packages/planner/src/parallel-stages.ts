import { itemAt, type Value } from '@ghostc/ir';
import type { Step } from './memory-plan.ts';

/** Lists of steps. Those of one list run in order, those of different lists at the same time if threads are there. */
export type Stage<S extends Step> = readonly (readonly S[])[];

interface StageOptions<S extends Step> {
  /** Steps that cost nothing. */
  readonly elided: ReadonlySet<Step>;
  /** Most lists of a stage. */
  readonly lists: number;
  /** In any unit. */
  readonly work: (step: S) => number;
}

/**
 * The steps that run code, in stages that run one after another, in the order of the program. A step joins the list that
 * computes what it reads in this stage; the list with the least work if none does. It begins a new stage if several do, or if
 * the stage has no second list.
 */
export function parallelStages<S extends Step>(steps: readonly S[], options: StageOptions<S>): Stage<S>[] {
  const stages: OpenStage<S>[] = [];
  let stage = new OpenStage(options);
  for (const step of steps) {
    if (options.elided.has(step)) stage.pass(step);
    else if (!stage.add(step)) {
      stages.push(stage);
      stage = new OpenStage(options);
      stage.add(step);
    }
  }
  return [...stages, stage].flatMap(({ lists }) => (lists.length ? [lists] : []));
}

class OpenStage<S extends Step> {
  readonly lists: S[][] = [];
  readonly #options: StageOptions<S>;
  readonly #work: number[] = [];
  /** The lists that a value of this stage comes from. */
  readonly #sources = new Map<Value, ReadonlySet<number>>();

  constructor(options: StageOptions<S>) {
    this.#options = options;
  }

  /** A step that costs nothing. */
  pass(step: S): void {
    this.#write(step, this.#read(step));
  }

  /** False: the step needs another stage. */
  add(step: S): boolean {
    const sources = this.#read(step);
    if (sources.size > 1 || (sources.size === 1 && this.lists.length === 1)) return false;
    const [list = this.#lightest()] = sources;
    const steps = this.lists[list] ?? [];
    steps.push(step);
    this.lists[list] = steps;
    this.#work[list] = (this.#work[list] ?? 0) + this.#options.work(step);
    this.#write(step, new Set([list]));
    return true;
  }

  #lightest(): number {
    if (this.lists.length < this.#options.lists) return this.lists.length;
    return this.#work.reduce((least, work, i) => (work < itemAt(this.#work, least) ? i : least), 0);
  }

  #read(step: S): Set<number> {
    return new Set(step.inputs.flatMap((value) => [...((value && this.#sources.get(value)) ?? [])]));
  }

  #write(step: S, sources: ReadonlySet<number>): void {
    for (const value of step.outputs) this.#sources.set(value, sources);
  }
}
