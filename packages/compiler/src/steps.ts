/** Where a compile is. */
export interface Progress {
  readonly stage: 'optimize' | 'plan' | 'emit';
  /** What was done last: the name of a pass, or the stage. */
  readonly step: string;
  /** Part of the stage that is done, 0 to 1. */
  readonly done: number;
}

/** What the functions that end in `InSteps` take. */
export interface StepOptions {
  /** Ends the work at the next step; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Work that may be left after each step. */
export type Steps<T> = Generator<Progress, T>;

/** Does all of it at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Does it step by step. Between two, events of the thread have their turn: messages, and what aborts the signal. */
export async function inSteps<T>(steps: Steps<T>, { signal, onProgress }: StepOptions = {}): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = steps.next();
    if (done) return value;
    onProgress?.(value);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
