import { type Engine, QueueEngine, ThreadPool } from '@ghostc/jobs';

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
  return queue === undefined ? openPool(flags, store) : QueueEngine.open({ url: queue, priority });
}

export function openPool(
  { threads, seconds, memory }: Omit<EngineFlags, 'priority'>,
  store: string,
): Promise<ThreadPool> {
  const file = process.argv[1] as string; // this bundle, whose default export runs jobs
  return ThreadPool.open({ file, threads, limits: { seconds, mebibytes: memory }, store });
}
