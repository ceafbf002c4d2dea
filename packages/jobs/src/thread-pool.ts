import { loadPackage } from '@ghostc/runtimes';
import type { Piscina } from 'piscina';
import type { Job, Outcome } from './job.ts';
import type { ThreadTask } from './job-kind.ts';

/** What a job may take. */
export interface Limits {
  readonly seconds: number;
  /** Memory beyond what the process used before it began. */
  readonly mebibytes: number;
}

export interface ThreadPoolOptions {
  /** A module whose default export is what `jobThread` returns. */
  readonly file: string;
  readonly threads: number;
  readonly limits: Limits;
  /** Place of the store that jobs read models from. */
  readonly store: string;
}

const MEBIBYTE = 2 ** 20;
/** Milliseconds between two looks at the memory. */
const WATCH = 200;

/** Runs jobs on threads of this process, as many at once as there are threads. */
export class ThreadPool {
  readonly threads: number;
  readonly #pool: Piscina;
  readonly #options: ThreadPoolOptions;
  readonly #running = new Set<AbortController>();
  readonly #timer: NodeJS.Timeout;
  readonly #waiting: (() => void)[] = [];
  #idleBytes = process.memoryUsage.rss();
  #busy = 0;

  private constructor(pool: Piscina, options: ThreadPoolOptions) {
    this.#pool = pool;
    this.#options = options;
    this.threads = options.threads;
    this.#timer = setInterval(() => this.#watchMemory(), WATCH);
    this.#timer.unref();
  }

  /** Throws `tool/missing` if piscina is not installed. */
  static async open(options: ThreadPoolOptions): Promise<ThreadPool> {
    const { default: Pool } = await loadPackage<typeof import('piscina')>('piscina', 'threads');
    const { file, threads, limits } = options;
    const pool = new Pool({
      filename: file,
      maxThreads: threads,
      minThreads: threads,
      concurrentTasksPerWorker: 1,
      maxQueue: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: limits.mebibytes },
    });
    pool.on('error', () => {}); // the job it belongs to reports it
    return new ThreadPool(pool, options);
  }

  /** Threads that do a job. */
  get busy(): number {
    return this.#busy;
  }

  /** Waits for a thread. Never throws: what a job did to its thread is its outcome. */
  async run(job: Job): Promise<Outcome> {
    if (this.#busy === this.threads) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    try {
      return await this.#runNow(job);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy--;
    }
  }

  async #runNow(job: Job): Promise<Outcome> {
    const controller = new AbortController();
    const { limits, store } = this.#options;
    const task: ThreadTask = { job, store };
    if (this.#running.size === 0) this.#idleBytes = process.memoryUsage.rss();
    this.#running.add(controller);
    const timer = setTimeout(() => controller.abort('time'), limits.seconds * 1000);
    try {
      return await this.#pool.run(task, { signal: controller.signal });
    } catch (error) {
      return { failed: this.#failure(error as Error, controller.signal.reason) };
    } finally {
      clearTimeout(timer);
      this.#running.delete(controller);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#pool.destroy();
  }

  /** Heaps have separate limits; arrays are outside the heap. */
  #watchMemory(): void {
    const most = this.#idleBytes + this.threads * this.#options.limits.mebibytes * MEBIBYTE;
    if (process.memoryUsage.rss() <= most) return;
    for (const controller of this.#running) controller.abort('memory');
  }

  #failure({ message, ...error }: Error & { code?: string }, reason: unknown) {
    const { seconds, mebibytes } = this.#options.limits;
    if (reason === 'time') return { code: 'jobs/time', message: `was not done within ${seconds} s` };
    if (reason === 'memory' || error.code === 'ERR_WORKER_OUT_OF_MEMORY')
      return { code: 'jobs/memory', message: `took more than ${mebibytes} MB` };
    return { code: 'jobs/died', message, passing: true };
  }
}
