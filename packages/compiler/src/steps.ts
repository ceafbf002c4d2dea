/** The progress of a compilation. */
export interface Progress {
  readonly stage: 'optimize' | 'plan' | 'emit';
  /** What was finished last: the name of a pass, or the stage. */
  readonly step: string;
  /** Fraction of the stage that is done, 0 to 1. */
  readonly done: number;
}

/** Options of the functions that end in `InSteps`. */
export interface StepOptions {
  /** Aborts the work at the next step; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Work that yields after each step. */
export type Steps<T> = Generator<Progress, T>;

/** Runs all steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Runs step by step. Between steps the event loop runs: messages, and whatever aborts the signal. */
export async function inSteps<T>(steps: Steps<T>, { signal, onProgress }: StepOptions = {}): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = steps.next();
    if (done) return value;
    onProgress?.(value);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
