import { CompileError } from '@ghostc/ir';
import type { WgslProgram } from '@ghostc/wgsl-runtime';
import type { RemoteTask } from './remote-client.ts';
import type { PrepareWgslOptions } from './run-wgsl.ts';
import type { Route } from './serve-locally.ts';

/** An engine elsewhere (a page, a Deno process) that runs WGSL programs: it fetches tasks and posts results. */
export interface RemoteGpu {
  /** Loads a program; gives its number. */
  load(program: WgslProgram<Uint8Array>, options: PrepareWgslOptions): Promise<number>;
  /** Inputs and outputs one after the other, in the manifest's order. */
  run(session: number, inputs: Uint8Array): Promise<Uint8Array>;
  dispose(session: number): Promise<void>;
  /** What the engine's WGSL front end objects to, by source; null where it objects to nothing. */
  check(sources: readonly string[]): Promise<(string | null)[]>;
  stop(): Promise<void>;
}

interface Pending {
  readonly id: number;
  readonly task: RemoteTask;
  readonly blob: Uint8Array;
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** Hands out tasks. `route` is what the engine talks to. */
export class TaskQueue implements RemoteGpu {
  readonly #pending = new Map<number, Pending>();
  readonly #waiting: Pending[] = [];
  #wake: (() => void) | undefined;
  #failure: Error | undefined;
  #ids = 0;
  #sessions = 0;

  readonly route: Route = async (path, body) => {
    if (path === '/next') return this.#nextTask();
    const [, kind, id] = /^\/(blob|result)\/(\d+)$/.exec(path) ?? [];
    const pending = this.#pending.get(Number(id));
    if (!pending) return undefined;
    if (kind === 'blob') return pending.blob;
    this.#pending.delete(pending.id);
    pending.resolve(body);
    return '';
  };

  /** Rejects what is asked and what will be: the engine is gone. */
  fail(reason: string): void {
    this.#failure = new CompileError('run/gpu', reason);
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }

  async load(
    { manifest, weights }: WgslProgram<Uint8Array>,
    { plain = false }: PrepareWgslOptions,
  ): Promise<number> {
    const session = this.#sessions++;
    await this.#json({ kind: 'load', session, manifest, plain }, weights);
    return session;
  }

  run(session: number, inputs: Uint8Array): Promise<Uint8Array> {
    return this.#ask({ kind: 'run', session }, inputs);
  }

  async dispose(session: number): Promise<void> {
    await this.#json({ kind: 'dispose', session });
  }

  async check(sources: readonly string[]): Promise<(string | null)[]> {
    return (await this.#json({ kind: 'check', sources })).problems as (string | null)[];
  }

  async stop(): Promise<void> {
    await this.#json({ kind: 'stop' });
  }

  async #json(task: RemoteTask, blob?: Uint8Array): Promise<Record<string, unknown>> {
    return JSON.parse(Buffer.from(await this.#ask(task, blob)).toString());
  }

  async #ask(task: RemoteTask, blob: Uint8Array = new Uint8Array(0)): Promise<Uint8Array> {
    const answer = await new Promise<Uint8Array>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const pending = { id: this.#ids++, task, blob, resolve, reject };
      this.#pending.set(pending.id, pending);
      this.#waiting.push(pending);
      this.#wake?.();
    });
    if (answer[0] !== 0x7b) return answer; // {: an error, or JSON. Floats may begin with it too
    const { error } = parseObject(answer);
    if (typeof error === 'string') throw new CompileError('run/gpu', error);
    return answer;
  }

  async #nextTask(): Promise<string> {
    while (this.#waiting.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const { id, task } = this.#waiting.shift() as Pending;
    return JSON.stringify({ id, task });
  }
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return {};
  }
}
