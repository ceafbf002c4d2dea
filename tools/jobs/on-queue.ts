import { type Job, type Json, openStore, QueueEngine, runJobs } from '@ghostc/jobs';
import { jobsBundle, queueName } from './jobs-bundle.ts';

/** Options of the tools that can leave their work to `npm run worker`. */
export const queueOptions = {
  queue: { type: 'string', default: process.env.GHOSTC_QUEUE ?? '' },
  store: { type: 'string', default: 'build/jobs' },
} as const;

/** Their help. */
export const queueHelp = `  --queue URL      leave the work to \`npm run worker -- --queue URL\` on any number of machines: redis://..., rediss://...;
                   GHOSTC_QUEUE keeps it off the command line
  --store PLACE    with --queue: a folder that the machines share (default build/jobs), or s3://BUCKET/PREFIX`;

/** Jobs that are begun ahead of the first that is not done. */
const AHEAD = 256;

export interface QueuePlace {
  readonly queue: string;
  readonly store: string;
}

export interface QueueRun extends QueuePlace {
  readonly onResult: (result: Json) => void;
}

/**
 * Has jobs done by workers of this very code, and gives their results in order; those that the store has are not done again.
 * Throws Error that tells how many jobs failed, and why the first did, after all others are done.
 */
export async function onQueue(
  jobs: readonly Job[],
  { queue: url, store, onResult }: QueueRun,
): Promise<void> {
  const { code } = jobsBundle();
  const progress = new JobProgress(jobs.length);
  const engine = await QueueEngine.open({ url, name: queueName(code), onWorkers: progress.workers });
  const failures: string[] = [];
  const coded = jobs.map(({ kind, params }): Job => ({ kind, params: { code, params } }));
  try {
    await runJobs(coded, { engine, store: openStore(store), ahead: AHEAD }, (_, outcome) => {
      progress.done();
      if ('failed' in outcome) failures.push(`${outcome.failed.code}: ${outcome.failed.message}`);
      else onResult(outcome.result);
    });
  } finally {
    progress.end();
    await engine.close();
  }
  if (failures.length)
    throw new Error(`${failures.length} of ${jobs.length} jobs were not done; the first: ${failures[0]}`);
}

/** A line that is written over on a terminal; elsewhere only what somebody has to do something about. */
class JobProgress {
  readonly #total: number;
  #done = 0;
  #workers = 0;

  constructor(total: number) {
    this.#total = total;
  }

  readonly workers = (count: number): void => {
    this.#workers = count;
    if (count === 0)
      process.stderr.write('no worker with the code of this checkout; waiting for npm run worker\n');
    this.#show();
  };

  done(): void {
    this.#done++;
    this.#show();
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }

  #show(): void {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r${this.#done} of ${this.#total} jobs done, ${this.#workers} workers  `);
  }
}
