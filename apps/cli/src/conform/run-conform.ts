import { availableParallelism } from 'node:os';
import type { Pool } from 'workerpool';
import type { CaseTask } from '../worker/serve-worker.ts';
import { askWorker, workerPool } from '../worker/worker-pool.ts';
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
  readonly onResult?: (result: CaseResult) => void;
}

export const defaultWorkers = (): number => Math.max(1, Math.min(4, availableParallelism()));

/** Seconds that a worker has, besides, to start and to load an engine. */
const MARGIN = 10;

/**
 * Runs the cases in worker processes: an engine that crashes or hangs takes down its worker, not the run. Gives the results
 * in the order of the names.
 */
export async function runConform(run: ConformRun): Promise<CaseResult[]> {
  const workers = workerPool(run.workers);
  try {
    return await Promise.all(run.names.map((name) => judged(workers, run, name)));
  } finally {
    await workers.terminate(true);
  }
}

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
  const { runtime, onnxTests, timeout } = run;
  const task: CaseTask = { name, runtime, onnxTests, timeout };
  const start = performance.now();
  try {
    return await askWorker(workers, 'judge', { params: [task], seconds: timeout + MARGIN });
  } catch (error) {
    const seconds = (performance.now() - start) / 1000;
    return { name, ...outcomeOf(error), error: null, ratio: null, seconds };
  }
}
