import { CompileError, canonicalJson, itemAt } from '@ghostc/ir';
import {
  DurableLines,
  type Engine,
  type Failure,
  type Job,
  type Json,
  runJobs,
  type Store,
  sha256,
} from '@ghostc/jobs';
import { ParetoFront, pointsOf, type Score, type Scored, type Setting, searchBy } from '@ghostc/sweep';
import { version } from '../version.ts';
import type { PointOutcome, PointResult } from './point-job.ts';
import { type SweepPoint, SweepPoints } from './sweep-points.ts';
import { type SweepSpec, senseOf } from './sweep-spec.ts';

/** A line of `points.jsonl`. */
export type PointLine = {
  readonly id: string;
  readonly settings: Readonly<Record<string, Setting>>;
  readonly result: PointOutcome;
};

export interface SweepRun {
  readonly engine: Engine;
  readonly store: Store;
  /** The file of points, which an interrupted run left, or none yet. */
  readonly file: string;
  readonly onPoint: (done: number, total: number) => void;
}

export interface SweepOutcome {
  readonly points: number;
  /** Points that were there already. */
  readonly resumed: number;
  readonly front: readonly string[];
  readonly failed: readonly { readonly id: string; readonly failure: Failure }[];
}

/** Jobs that are begun ahead of the first that is not done. */
const AHEAD = 64;

/** Runs a sweep, or what is left of it. Throws `sweep/other` where the file is of another sweep. */
export async function runSweep(spec: SweepSpec, run: SweepRun): Promise<SweepOutcome> {
  const sweep = new Sweep(spec, run);
  try {
    await sweep.search();
    return sweep.outcome();
  } finally {
    sweep.close();
  }
}

/** Hash of all that decides which points a sweep has and what comes of them. */
export function sweepHash(spec: SweepSpec): string {
  return sha256(canonicalJson(spec));
}

class Sweep {
  readonly #spec: SweepSpec;
  readonly #run: SweepRun;
  readonly #points: SweepPoints;
  readonly #lines: DurableLines;
  readonly #known = new Map<string, Score>();
  readonly #front = new ParetoFront();
  readonly #failed: { id: string; failure: Failure }[] = [];
  readonly #total: number;
  #resumed = 0;

  constructor(spec: SweepSpec, run: SweepRun) {
    this.#spec = spec;
    this.#run = run;
    this.#points = new SweepPoints(spec, run.store);
    this.#total = pointsOf(spec.strategy, spec.space);
    const head = { sweep: sweepHash(spec), version };
    let found: Json | undefined;
    this.#lines = new DurableLines(run.file, (line) => {
      if (found === undefined) found = line;
      else this.#learn(line as unknown as PointLine);
    });
    if (found === undefined) this.#lines.append(head);
    else if (canonicalJson(found) !== canonicalJson(head)) throw otherSweep(run.file);
    this.#resumed = this.#known.size;
  }

  async search(): Promise<void> {
    const search = searchBy(this.#spec.strategy, this.#spec.space);
    for (let step = search.next(); !step.done; ) {
      const points: SweepPoint[] = [];
      for (const genome of step.value) points.push(await this.#points.pointAt(genome));
      await this.#measure(points);
      step = search.next(
        step.value.map((genome, i): Scored => ({ genome, ...this.#scoreOf(itemAt(points, i).id) })),
      );
    }
  }

  /** Measures the points that are not known, once each, and writes them in their order. */
  async #measure(points: readonly SweepPoint[]): Promise<void> {
    const fresh = new Map(points.filter(({ id }) => !this.#known.has(id)).map((point) => [point.id, point]));
    const groups = groupsOf([...fresh.values()]);
    let next = 0;
    await runJobs(groups.map(jobOf), { ...this.#run, ahead: AHEAD }, (_, outcome) => {
      const group = itemAt(groups, next++);
      group.forEach(({ id, settings }, i) => {
        if ('failed' in outcome) this.#failed.push({ id, failure: outcome.failed });
        else this.#write({ id, settings, result: itemAt(outcomesIn(outcome.result), i) });
      });
    });
  }

  #write(line: PointLine): void {
    this.#lines.append(line);
    this.#learn(line);
    this.#run.onPoint(this.#known.size, this.#total);
  }

  #learn({ id, result }: PointLine): void {
    const score = scoreOf(this.#spec, result);
    this.#known.set(id, score);
    this.#front.add({ id, ...score });
  }

  #scoreOf(id: string): Score {
    return this.#known.get(id) ?? worst(this.#spec);
  }

  outcome(): SweepOutcome {
    return {
      points: this.#known.size,
      resumed: this.#resumed,
      front: this.#front.entries.map(({ id }) => id),
      failed: this.#failed,
    };
  }

  close(): void {
    this.#lines.close();
  }
}

/** Points of a job, at most. */
const TOGETHER = 16;

/** Points that follow one another and have a model in common. */
function groupsOf(points: readonly SweepPoint[]): SweepPoint[][] {
  const groups: SweepPoint[][] = [];
  let last = '';
  for (const point of points) {
    const key = canonicalJson(point.model);
    const group = groups.at(-1);
    if (group && key === last && group.length < TOGETHER) group.push(point);
    else groups.push([point]);
    last = key;
  }
  return groups;
}

function jobOf(group: readonly SweepPoint[]): Job {
  const places = group.map(({ place }) => place);
  return { kind: 'points', params: { ...itemAt(group, 0).model, places } };
}

/** What `pointJob` gave: it may have come from another machine, which ran the same code. */
function outcomesIn(result: Json): readonly PointOutcome[] {
  return result as unknown as readonly PointOutcome[];
}

function otherSweep(file: string): CompileError {
  return new CompileError(
    'sweep/other',
    'expected points of this sweep, found those of another; take another --out',
    {
      file,
    },
  );
}

const worst = ({ objectives }: SweepSpec): Score => ({
  objectives: objectives.map(() => Number.POSITIVE_INFINITY),
  violation: Number.POSITIVE_INFINITY,
});

/** What a result is worth: objectives so that less is better, and how far constraints are off, as shares. */
export function scoreOf(spec: SweepSpec, result: PointOutcome): Score {
  if ('refused' in result) return worst(spec);
  const off = spec.constraints.map(({ figure, max, min }) => {
    const value = figureOf(result, figure);
    return Math.max(share(value - (max ?? value), max), share((min ?? value) - value, min), 0);
  });
  const unfit = spec.fits && result.fits === false ? result.excess : 0;
  return {
    objectives: spec.objectives.map((figure) => -senseOf(figure) * figureOf(result, figure)),
    violation: off.reduce((a, b) => a + b, unfit),
  };
}

/** What is too much of a limit, as a share of it. */
function share(over: number, limit: number | undefined): number {
  return limit !== undefined && over > 0 ? over / Math.max(1, Math.abs(limit)) : 0;
}

/** SQNR of float is infinite. */
export function figureOf(result: PointResult, figure: SweepSpec['objectives'][number]): number {
  return result[figure] ?? Number.POSITIVE_INFINITY;
}
