import { type Job, type Json, jobId, type Outcome } from './job.ts';
import type { Store } from './store.ts';

/** What runs jobs: threads of this machine, or workers on a queue. */
export interface Engine {
  run(job: Job): Promise<Outcome>;
  /** The outcome is kept elsewhere: the engine need not. */
  forget?(job: Job): Promise<void>;
  close(): Promise<void>;
}

/** A pool of threads, or a queue, and the store of results. */
export interface RunOptions {
  readonly engine: Engine;
  readonly store: Store;
  /** Jobs that are begun before the first of them is done. */
  readonly ahead: number;
}

/**
 * Runs jobs and reports their outcomes in the order of the jobs. A result is in the store before it is
 * reported, and a job whose result is already there is not run.
 */
export async function runJobs(
  jobs: Iterable<Job>,
  { engine, store, ahead }: RunOptions,
  tell: (job: Job, outcome: Outcome) => void,
): Promise<void> {
  const begun: { job: Job; outcome: Promise<Outcome> }[] = [];
  const tellFirst = async (): Promise<void> => {
    const first = begun.shift();
    if (first) tell(first.job, await first.outcome);
  };
  for (const job of jobs) {
    const outcome = storedOutcome(job, engine, store);
    outcome.catch(() => {}); // thrown where it is awaited
    begun.push({ job, outcome });
    if (begun.length >= ahead) await tellFirst();
  }
  while (begun.length) await tellFirst();
}

async function storedOutcome(job: Job, engine: Engine, store: Store): Promise<Outcome> {
  const id = jobId(job);
  const known = await store.get(id);
  if (known) return { result: JSON.parse(new TextDecoder().decode(known)) as Json };
  const outcome = await engine.run(job);
  if ('result' in outcome) {
    await store.put(id, new TextEncoder().encode(JSON.stringify(outcome.result)));
    await engine.forget?.(job);
  }
  return outcome;
}
