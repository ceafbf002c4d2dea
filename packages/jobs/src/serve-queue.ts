import { setTimeout as pause } from 'node:timers/promises';
import { loadPackage } from '@ghostc/runtimes';
import type { Worker } from 'bullmq';
import { connectQueue } from './connect.ts';
import type { Failure, Json } from './job.ts';
import type { ThreadPool } from './thread-pool.ts';

/** Milliseconds after which a silent worker counts as dead, and how often others check. */
const LOCK = 10_000;
const LOOK = 5000;
/** Milliseconds between two looks at what still runs, and for a connection that was lost to answer. */
const WAIT = 100;
const GRACE = 2000;
/** Workers that may die of a job, or with it, until it fails. */
const DEATHS = 5;

export interface ServeOptions {
  readonly url: string;
  /** Of the queue. */
  readonly name: string;
  readonly pool: ThreadPool;
  readonly onDone: (name: string) => void;
}

/** Does jobs from a queue until it is closed, then ends those that it has. Throws `jobs/queue`, `tool/missing`. */
export async function serveQueue({
  url,
  name: queue,
  pool,
  onDone,
}: ServeOptions): Promise<{ close(): Promise<void> }> {
  const { Worker: Served, UnrecoverableError } = await loadPackage<typeof import('bullmq')>(
    'bullmq',
    'a queue',
  );
  const client = await connectQueue(url);
  const fail = (failed: Failure): Error => {
    const { code, message, passing } = failed;
    const text = JSON.stringify({ code, message });
    return passing ? new Error(text) : new UnrecoverableError(text);
  };
  const worker: Worker<Json, Json> = new Served(
    queue,
    async ({ name, data }) => {
      const outcome = await pool.run({ kind: name, params: data as Json });
      if ('failed' in outcome) throw fail(outcome.failed);
      onDone(name);
      return outcome.result;
    },
    {
      connection: client,
      concurrency: pool.threads,
      lockDuration: LOCK,
      stalledInterval: LOOK,
      maxStalledCount: DEATHS,
    },
  );
  worker.on('error', () => {}); // the connection is made again
  return {
    close: async () => {
      const closed = worker.close().catch(() => {});
      while (pool.busy > 0) await pause(WAIT);
      await Promise.race([closed, pause(GRACE)]);
      client.disconnect();
    },
  };
}
