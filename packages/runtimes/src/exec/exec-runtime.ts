import { emitOnnx } from '@ghostc/backend-onnx';
import type { Executable, Runtime, Tensors } from '@ghostc/conformance';
import { entryOf, type Graph } from '@ghostc/ir';
import { writeTensorProto } from '@ghostc/onnx';
import { EngineProcess } from './engine-process.ts';
import { namedOutputs } from './named-outputs.ts';
import { runInFiles } from './run-in-files.ts';

export interface ExecOptions {
  /** An engine that does not answer within this many seconds is killed. */
  readonly timeout: number;
}

/**
 * An engine in any language, started by a shell command: the messages of `frames.ts` over standard input and output, or, where
 * the command has `{model}`, `{inputs}` and `{outputs}`, one process a run with files (docs/engines.md).
 */
export function execRuntime(command: string, { timeout }: ExecOptions): Runtime {
  const name = `exec:${command}`;
  if (/\{(model|inputs|outputs)\}/.test(command)) return { name, prepare: runInFiles(command, timeout) };
  const engine = new Engine(command, timeout);
  return { name, prepare: (model, source) => engine.prepare(model, source?.onnx() ?? emitOnnx(model)) };
}

/** The process that runs all prepared models: started again after it failed, with one model loaded at a time. */
class Engine {
  readonly #command: string;
  readonly #timeout: number;
  #process: EngineProcess | undefined;
  #loaded: Uint8Array | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(command: string, timeout: number) {
    this.#command = command;
    this.#timeout = timeout;
  }

  async prepare(model: Graph, onnx: Uint8Array): Promise<Executable> {
    await this.#inTurn(() => this.#load(onnx));
    return { run: (inputs) => this.#inTurn(() => this.#run(model, onnx, inputs)) };
  }

  async #load(onnx: Uint8Array): Promise<EngineProcess> {
    const running = this.#process?.alive ? this.#process : undefined;
    if (running && this.#loaded === onnx) return running;
    const engine = running ?? new EngineProcess(this.#command);
    this.#process = engine;
    this.#loaded = undefined;
    await engine.ask({ word: 'load', parts: [onnx] }, this.#timeout);
    this.#loaded = onnx;
    return engine;
  }

  async #run(model: Graph, onnx: Uint8Array, inputs: Tensors): Promise<Tensors> {
    const engine = await this.#load(onnx);
    const parts = model.inputs.map(({ name }) => writeTensorProto(entryOf(inputs, name), name));
    return namedOutputs(model, await engine.ask({ word: 'run', parts }, this.#timeout));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}
