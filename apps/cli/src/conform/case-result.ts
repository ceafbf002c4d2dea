import type { PairedVerdict } from '@ghostc/runtimes';

/**
 * The outcome of a case. `refused`: the engine reports that it does not support this. `crash`: the process
 * died. `flaky`: a second try gave another outcome than the first.
 */
export type CaseStatus = 'pass' | 'fail' | 'refused' | 'error' | 'crash' | 'timeout' | 'flaky' | 'unread';

export interface CaseResult {
  readonly name: string;
  readonly status: CaseStatus;
  /** The largest error as a part of the largest element; null where nothing was compared. */
  readonly error: number | null;
  /** The largest error over what is allowed there. */
  readonly ratio: number | null;
  readonly seconds: number;
  readonly message?: string;
  /** How fast it is against the engine of `--bench`; absent where that does not run it. */
  readonly bench?: PairedVerdict;
}

/** A result compared with the expectation for the case. */
export interface JudgedResult extends CaseResult {
  /** What is wrong, in words; absent where nothing is. */
  readonly problem?: string;
  /** Why the case is expected to fail. */
  readonly expected?: string;
}

/** Statuses that make a run fail. */
export const isProblem = ({ status }: CaseResult): boolean => !['pass', 'refused', 'unread'].includes(status);
