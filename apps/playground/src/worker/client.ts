import type { Answer, CallName, Calls } from './protocol.ts';

/** An error of the compiler, with its code. */
export class CallError extends Error {
  readonly code: string;

  constructor({ code, message }: { code: string; message: string }) {
    super(message);
    this.code = code;
  }
}

/** How far a call is. */
export interface CallProgress {
  readonly stage: string;
  readonly step: string;
  readonly done: number;
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: (progress: CallProgress) => void;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CallProgress) => void;
}

/** The worker that compiles, made when it is first needed. */
export class CompilerClient {
  #worker: Worker | undefined;
  readonly #pending = new Map<number, Pending>();
  #next = 1;

  call<K extends CallName>(
    call: K,
    argument: Parameters<Calls[K]>[0],
    { signal, onProgress = () => {} }: CallOptions = {},
  ): Promise<ReturnType<Calls[K]>> {
    const worker = this.#open();
    const id = this.#next++;
    const cancel = (): void => {
      if (call === 'quantize' || call === 'compare')
        this.#fail('cancelled'); // it does not look up from its work
      else worker.postMessage({ cancel: id });
    };
    signal?.addEventListener('abort', cancel, { once: true });
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress });
      worker.postMessage({ id, call, argument });
    });
  }

  #open(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./compile-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => this.#take(data));
    worker.addEventListener('error', ({ message }) => this.#fail(message));
    this.#worker = worker;
    return worker;
  }

  #take({ id, progress, result, error }: Answer): void {
    const pending = this.#pending.get(id);
    if (progress) {
      pending?.onProgress(progress);
      return;
    }
    this.#pending.delete(id);
    if (error) pending?.reject(new CallError(error));
    else pending?.resolve(result as never);
  }

  #fail(message: string): void {
    for (const { reject } of this.#pending.values()) reject(new CallError({ code: 'worker', message }));
    this.#pending.clear();
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
