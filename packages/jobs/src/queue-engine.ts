import { setTimeout as pause } from 'node:timers/promises';
import { loadPackage } from '@ghostc/runtimes';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { connectQueue } from './connect.ts';
import type { Engine } from './engine.ts';
import { type Failure, type Job, type Json, jobId, type Outcome } from './job.ts';

/** Milliseconds between two looks at the jobs that are out. */
const POLL = 100;
/** Polls between two counts of the workers. */
const COUNT = 10;
/** Seconds that the queue keeps what nobody came for. */
const KEPT = 86_400;
const ATTEMPTS = 3;

export interface QueueOptions {
  readonly url: string;
  /** Workers that serve the queue of this name do the jobs. */
  readonly name: string;
  /** Lower runs earlier; 0 before all. */
  readonly priority?: number | undefined;
  /** Told how many workers there are, each time that it is another number. */
  readonly onWorkers?: ((count: number) => void) | undefined;
}

interface Waiting {
  readonly job: Job;
  readonly settle: (outcome: Outcome) => void;
}

/**
 * Jobs through BullMQ on Redis or Valkey, done by `serveQueue` anywhere. A job is asked for by its id, so that asking again,
 * after the server lost it, makes no second one.
 */
export class QueueEngine implements Engine {
  readonly #queue: Queue;
  readonly #client: Redis;
  readonly #options: QueueOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #polling: Promise<void>;
  #workers = -1;
  #closed = false;

  private constructor(queue: Queue, client: Redis, options: QueueOptions) {
    this.#queue = queue;
    this.#client = client;
    this.#options = options;
    this.#polling = this.#poll();
  }

  /** Throws `jobs/queue`, `tool/missing`. */
  static async open(options: QueueOptions): Promise<QueueEngine> {
    const { Queue: Jobs } = await loadPackage<typeof import('bullmq')>('bullmq', 'a queue');
    const client = await connectQueue(options.url);
    const queue = new Jobs(options.name, { connection: client });
    queue.on('error', () => {}); // the connection is made again
    return new QueueEngine(queue, client, options);
  }

  run(job: Job): Promise<Outcome> {
    return new Promise((settle) => this.#waiting.set(jobId(job), { job, settle }));
  }

  async forget(job: Job): Promise<void> {
    await this.#queue.remove(queueId(jobId(job)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#polling;
    await this.#queue.close();
    this.#client.disconnect();
  }

  async #poll(): Promise<void> {
    for (let turn = 0; !this.#closed; turn++) {
      if (turn % COUNT === 0) await this.#countWorkers().catch(() => {}); // counted again
      await Promise.all([...this.#waiting].map((entry) => this.#look(entry).catch(() => {}))); // looked at again
      await pause(POLL);
    }
  }

  async #countWorkers(): Promise<void> {
    const count = await this.#queue.getWorkersCount();
    if (count === this.#workers) return;
    this.#workers = count;
    this.#options.onWorkers?.(count);
  }

  async #look([id, { job, settle }]: [string, Waiting]): Promise<void> {
    const found = await this.#queue.getJob(queueId(id));
    const outcome = found ? outcomeOf(found) : undefined;
    if (!found) await this.#add(id, job);
    if (!outcome || !this.#waiting.delete(id)) return;
    if ('failed' in outcome) await this.forget(job);
    settle(outcome);
  }

  async #add(id: string, { kind, params }: Job): Promise<void> {
    await this.#queue.add(kind, params, {
      jobId: queueId(id),
      priority: this.#options.priority ?? 0,
      attempts: ATTEMPTS,
      removeOnComplete: { age: KEPT },
      removeOnFail: { age: KEPT },
    });
  }
}

/** BullMQ takes ids that are numbers for its own. */
function queueId(id: string): string {
  return `job-${id}`;
}

interface QueuedJob {
  readonly finishedOn?: number | undefined;
  readonly failedReason?: string;
  readonly returnvalue: unknown;
}

/** Undefined while it is not done. */
function outcomeOf({ finishedOn, failedReason, returnvalue }: QueuedJob): Outcome | undefined {
  if (!finishedOn) return undefined;
  if (failedReason) return { failed: failureIn(failedReason) };
  return { result: returnvalue as Json };
}

/** Workers report reasons as JSON, BullMQ as text. */
function failureIn(reason: string): Failure {
  try {
    const { code, message } = JSON.parse(reason) as Failure;
    return { code, message };
  } catch {
    return { code: 'jobs/died', message: reason };
  }
}
