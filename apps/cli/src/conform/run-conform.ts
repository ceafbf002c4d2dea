import { availableParallelism } from 'node:os';
import { CompileError } from '@ghostc/ir';
import type { Pool } from 'workerpool';
import type { CaseTask } from '../worker/serve-worker.ts';
import { askWorker, workerPool } from '../worker/worker-pool.ts';
import { describeRuntime } from '../worker/worker-runtime.ts';
import { type CaseResult, isProblem } from './case-result.ts';
import { outcomeOf } from './judge-case.ts';

export interface ConformRun {
  readonly runtime: string;
  readonly names: readonly string[];
  readonly onnxTests: readonly string[];
  readonly workers: number;
  /** Seconds that a case may take. */
  readonly timeout: number;
  /** How often a case that did not pass is tried again. */
  readonly retries: number;
  /** Another engine that every case is timed against, as the user names it. */
  readonly bench?: string | undefined;
  readonly onResult?: (result: CaseResult) => void;
}

export const defaultWorkers = (): number => Math.max(1, Math.min(4, availableParallelism()));

/** Seconds that a worker has in addition, to start and to load an engine. */
const MARGIN = 10;

export interface ConformResults {
  /** What the engine calls itself, or its file where it does not load. */
  readonly engine: string;
  /** In the order of the names. */
  readonly results: CaseResult[];
}

/**
 * Runs the cases in worker processes: an engine that crashes or hangs takes down its worker, not the run. One that does not load
 * gives every case that outcome. Throws where the runtime's name is wrong.
 */
export async function runConform(run: ConformRun): Promise<ConformResults> {
  // What is timed runs by itself.
  const workers = workerPool(run.bench === undefined ? run.workers : 1);
  try {
    const { name: engine } = await describeRuntime(workers, run.runtime, run.timeout);
    return { engine, results: await Promise.all(run.names.map((name) => judged(workers, run, name))) };
  } catch (error) {
    if (!(error instanceof CompileError && error.code.startsWith('engine/'))) throw error;
    return { engine: run.runtime, results: run.names.map((name) => lostCase(name, error, 0)) };
  } finally {
    await workers.terminate(true);
  }
}

const lostCase = (name: string, error: unknown, seconds: number): CaseResult => ({
  name,
  ...outcomeOf(error),
  error: null,
  ratio: null,
  seconds,
});

async function judged(workers: Pool, run: ConformRun, name: string): Promise<CaseResult> {
  const first = await tryOnce(workers, run, name);
  const result = isProblem(first) ? await again(workers, run, first) : first;
  run.onResult?.(result);
  return result;
}

/** The same outcome in every try is the outcome; another one makes the case flaky. */
async function again(workers: Pool, run: ConformRun, first: CaseResult): Promise<CaseResult> {
  for (let i = 1; i <= run.retries; i++) {
    const next = await tryOnce(workers, run, first.name);
    if (next.status !== first.status)
      return { ...first, status: 'flaky', message: `${inWords(first)}; try ${i + 1}: ${inWords(next)}` };
  }
  return first;
}

const inWords = ({ status, message }: CaseResult): string => (message ? `${status} (${message})` : status);

async function tryOnce(workers: Pool, run: ConformRun, name: string): Promise<CaseResult> {
  const { runtime, onnxTests, timeout, bench } = run;
  const task: CaseTask = { name, runtime, onnxTests, timeout, bench };
  const start = performance.now();
  try {
    return await askWorker(workers, 'judge', { params: [task], seconds: timeout, margin: MARGIN });
  } catch (error) {
    return lostCase(name, error, (performance.now() - start) / 1000);
  }
}
