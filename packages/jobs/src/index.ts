export { DurableLines } from './durable-lines.ts';
export { type Engine, type RunOptions, runJobs } from './engine.ts';
export { type Failure, type Job, type Json, jobId, type Outcome, sha256 } from './job.ts';
export { type JobKind, jobThread, type ThreadTask } from './job-kind.ts';
export { openStore } from './open-store.ts';
export { QueueEngine, type QueueOptions } from './queue-engine.ts';
export { type ServeOptions, serveQueue } from './serve-queue.ts';
export type { Store } from './store.ts';
export { type Limits, ThreadPool, type ThreadPoolOptions } from './thread-pool.ts';
