import { type ChildProcess, fork } from 'node:child_process';
import type { Executable, Runtime, Tensors } from '@ghostc/conformance';
import { CompileError, type Graph, printGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import type { WorkerAnswer, WorkerTask } from './runtime-worker.ts';

/** A runtime in a process of its own, which a crash ends and a hang does not outlive. */
export interface WorkerRuntime extends Runtime {
  stop(): void;
}

/**
 * Starts a worker for a runtime by its name (`runtimeByName`). A model that is not done within `timeout` seconds fails with
 * `engine/timeout`, one that ends the process with `engine/died`; the next gets a new process.
 */
export async function workerRuntime(name: string, timeout: number): Promise<WorkerRuntime> {
  const worker = new Worker(name, timeout);
  const { name: called, dynamicShapes, arithmetic } = await worker.start();
  return {
    name: called,
    ...(dynamicShapes && { dynamicShapes }),
    ...(arithmetic && { arithmetic }),
    prepare: async (model) => executable(worker, model),
    stop: () => worker.stop(),
  };
}

function executable(worker: Worker, model: Graph): Executable {
  const { text, resources } = printGraph(model, registry);
  const runAll = (inputs: readonly Tensors[]): Promise<readonly Tensors[]> =>
    worker.run({ text, resources, inputs });
  return { runAll, run: async (inputs) => (await runAll([inputs]))[0] as Tensors };
}

/** Seconds that a process may take until it is ready, on a busy machine too. */
const STARTING = 60;

class Worker {
  #child: ChildProcess | undefined;
  readonly name: string;
  readonly timeout: number;

  constructor(name: string, timeout: number) {
    this.name = name;
    this.timeout = timeout;
  }

  async start(): Promise<Pick<Runtime, 'name' | 'dynamicShapes' | 'arithmetic'>> {
    const child = fork(process.argv[1] as string, ['worker', this.name], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    const answer = await this.#answer(child, Math.max(this.timeout, STARTING));
    if ('ready' in answer) return answer.ready;
    this.stop();
    throw failure(answer);
  }

  async run(task: WorkerTask): Promise<readonly Tensors[]> {
    if (!this.#child) await this.start();
    const child = this.#child as ChildProcess;
    const answer = this.#answer(child, this.timeout);
    child.send(task, () => undefined); // a process that died is reported by its end
    const result = await answer;
    if ('outputs' in result) return result.outputs;
    throw failure(result);
  }

  /** Lets this process end. */
  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #answer(child: ChildProcess, seconds: number): Promise<WorkerAnswer> {
    return new Promise((resolve) => {
      const finish = (answer: WorkerAnswer): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(answer);
      };
      const lost = (code: string, message: string): void => {
        this.stop();
        finish({ code, message: `${this.name} ${message}` });
      };
      const timer = setTimeout(
        () => lost('engine/timeout', `was not done within ${seconds} s`),
        seconds * 1000,
      );
      child.once('message', finish);
      child.once('error', ({ message }) => lost('engine/died', message));
      child.once('exit', (code, signal) =>
        lost('engine/died', signal ? `died of ${signal}` : `left with code ${code}`),
      );
    });
  }
}

function failure(answer: WorkerAnswer): CompileError {
  if ('code' in answer) return new CompileError(answer.code, answer.message);
  return new CompileError('engine/protocol', 'the worker answered something else');
}
