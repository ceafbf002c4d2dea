import { CompileError, itemAt } from '@ghostc/ir';
import { type Pool, pool } from 'workerpool';

/** Milliseconds after which a worker that does not end is killed. */
const GRACE = 100;

/** Processes of this command that serve `serve-worker.ts`: what crashes or hangs takes down one of them, not the command. */
export function workerPool(maxWorkers: number): Pool {
  return pool(itemAt(process.argv, 1), {
    workerType: 'process',
    maxWorkers,
    forkArgs: ['serve-engine'],
    forkOpts: { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    workerTerminateTimeout: GRACE,
  });
}

export interface Question {
  readonly params: unknown[];
  /** Seconds that the answer may take, as the user set them. */
  readonly seconds: number;
  /** More seconds, for a process that has to start first. */
  readonly margin?: number;
}

/**
 * What a worker answers. Throws the CompileErrors that it threw, `engine/error` for other errors, `engine/timeout` after some
 * seconds and a margin, and `engine/died` where the process ended; the next call gets a new process.
 */
export async function askWorker<T>(
  workers: Pool,
  method: string,
  { params, seconds, margin = 0 }: Question,
): Promise<T> {
  try {
    return await workers.exec(method, params).timeout((seconds + margin) * 1000);
  } catch (error) {
    throw asCompileError(error as Error, seconds);
  }
}

function asCompileError(error: Error, seconds: number): CompileError {
  const { code, detail, location } = error as Error & Partial<CompileError>;
  if (typeof code === 'string' && typeof detail === 'string') return new CompileError(code, detail, location);
  if (error.name === 'TimeoutError')
    return new CompileError('engine/timeout', `was not done within ${seconds} s`);
  const signal = /signalCode: `(SIG\w+)`/.exec(error.message)?.[1];
  const exit = /exitCode: `(\d+)`/.exec(error.message)?.[1];
  if (signal) return new CompileError('engine/died', `died of ${signal}`);
  if (exit) return new CompileError('engine/died', `left with code ${exit}`);
  return new CompileError('engine/error', error.message);
}
