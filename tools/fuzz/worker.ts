import { parentPort, workerData } from 'node:worker_threads';
import type { FuzzTarget } from './fuzz-target.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { Random } from './random.ts';
import { targets } from './targets.ts';

/**
 * Coverage-guided fuzzing of one target in this thread, whose code was instrumented by istanbul: an input that reaches a
 * statement that none reached before joins the corpus. The parent watches time and memory.
 */
interface Job {
  readonly target: string;
  readonly seconds: number;
  readonly runs: number;
  readonly seed: number;
  readonly fixtures: string;
  /** Shared with the parent: executions begun, length of the input under way, and that input. */
  readonly state: SharedArrayBuffer;
}

const job: Job = workerData;
const progress = new Uint32Array(job.state, 0, 2);
const current = new Uint8Array(job.state, 8);
const counters = statementCounters();
const seen = new Uint8Array(counters.reduce((sum, list) => sum + list.length, 0));

fuzz(targets[job.target] as FuzzTarget);

function fuzz(target: FuzzTarget): void {
  const random = new Random(job.seed);
  const corpus: Uint8Array[] = target.seeds(job.fixtures);
  for (const bytes of corpus) execute(target, bytes);
  const end = performance.now() + job.seconds * 1000;
  let runs = corpus.length;
  let told = performance.now();
  while (runs < job.runs && performance.now() < end) {
    const bytes = next(target, corpus, random);
    execute(target, bytes);
    runs++;
    if (newCoverage()) corpus.push(bytes);
    if (performance.now() - told > 1000) {
      told = performance.now();
      report(runs, corpus.length);
    }
  }
  report(runs, corpus.length);
}

function next(target: FuzzTarget, corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const bytes = random.pick(corpus);
  return target.mutate && random.below(8)
    ? target.mutate(bytes, random)
    : mutateBytes(bytes, random, random.pick(corpus));
}

/** The input lies in shared memory before it runs, so that the parent has it when this thread hangs or dies. */
function execute(target: FuzzTarget, bytes: Uint8Array): void {
  progress[0] = (progress[0] ?? 0) + 1;
  progress[1] = bytes.length;
  current.set(bytes);
  target.run(bytes);
}

function report(runs: number, corpus: number): void {
  parentPort?.postMessage({
    runs,
    corpus,
    coverage: seen.reduce((sum, one) => sum + one, 0),
    statements: seen.length,
  });
}

/** Marks what the counters have reached; true if something is new. */
function newCoverage(): boolean {
  let at = 0;
  let fresh = false;
  for (const list of counters) {
    for (let i = 0; i < list.length; i++, at++) {
      if (seen[at] || !list[i]) continue;
      seen[at] = 1;
      fresh = true;
    }
  }
  return fresh;
}

/** Istanbul's statement counters as arrays: `{0: n, 1: n, ...}` has the same elements under the same indices. */
function statementCounters(): number[][] {
  const coverage: Record<string, { s: ArrayLike<number> }> = Reflect.get(globalThis, '__coverage__');
  return Object.values(coverage).map((file) => {
    const list = Object.values(file.s);
    file.s = list;
    return list;
  });
}
