import type { Runtime, Tensors } from '@ghostc/conformance';
import { type Graph, itemAt, printGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import type { Pool } from 'workerpool';
import type { RuntimeFacts, RuntimeTask } from './serve-worker.ts';
import { askWorker, workerPool } from './worker-pool.ts';

/** A runtime in a separate process, so that a crash or a hang ends only that process. */
export interface WorkerRuntime extends Runtime {
  stop(): void;
}

/** More seconds that a process may take until it is ready, on a busy machine too. */
const STARTING = 60;

/** What a worker reports about a runtime once it is loaded. Throws what `askWorker` throws. */
export function describeRuntime(workers: Pool, runtime: string, timeout: number): Promise<RuntimeFacts> {
  return askWorker(workers, 'describe', { params: [runtime, timeout], seconds: timeout, margin: STARTING });
}

/**
 * A runtime by its name (`findRuntime`); each model may take `timeout` seconds. Throws what `askWorker` throws.
 */
export async function workerRuntime(runtime: string, timeout: number): Promise<WorkerRuntime> {
  const workers = workerPool(1);
  const stop = (): void => void workers.terminate(true);
  try {
    const start = (): Promise<RuntimeFacts> => describeRuntime(workers, runtime, timeout);
    const facts = await start();
    const run = async (task: RuntimeTask): Promise<readonly Tensors[]> => {
      await start(); // a new process, after one was lost, gets its own time to start
      return askWorker(workers, 'run', { params: [task], seconds: timeout });
    };
    return { ...facts, stop, prepare: async (model) => executable(model, { runtime, timeout, run }) };
  } catch (error) {
    stop();
    throw error;
  }
}

interface Remote {
  readonly runtime: string;
  readonly timeout: number;
  readonly run: (task: RuntimeTask) => Promise<readonly Tensors[]>;
}

function executable(model: Graph, { run, ...task }: Remote) {
  const { text, resources } = printGraph(model, registry);
  const runAll = (inputs: readonly Tensors[]) => run({ ...task, text, resources, inputs });
  return { runAll, run: async (inputs: Tensors) => itemAt(await runAll([inputs]), 0) };
}
