import { type Engine, QueueEngine, ThreadPool } from '@ghostc/jobs';
import { version } from '../version.ts';

/** Name of the queue. Workers of another version may give other results: they have another queue. */
export const queueName = `ghostc-${version}`;

export interface EngineFlags {
  readonly queue?: string;
  readonly priority: number;
  readonly threads: number;
  readonly seconds: number;
  readonly memory: number;
}

/** Threads of this machine, or workers on a queue. */
export function openEngine(flags: EngineFlags, store: string): Promise<Engine> {
  const { queue, priority } = flags;
  return queue === undefined ? openPool(flags, store) : openQueue(queue, priority);
}

/** Says so where nobody does the jobs. */
export function openQueue(url: string, priority: number): Promise<QueueEngine> {
  const onWorkers = (count: number): void => {
    if (count === 0) console.error(`no worker of ghostc ${version} on the queue; waiting for ghostc worker`);
  };
  return QueueEngine.open({ url, name: queueName, priority, onWorkers });
}

export function openPool(
  { threads, seconds, memory }: Omit<EngineFlags, 'priority'>,
  store: string,
): Promise<ThreadPool> {
  const file = process.argv[1] as string; // this bundle, whose default export runs jobs
  return ThreadPool.open({ file, threads, limits: { seconds, mebibytes: memory }, store });
}
