import { CompileError } from '@ghostc/ir';
import type { Random } from './random.ts';

/** A reader of bytes that come from strangers. `run` may throw CompileError and nothing else. */
export interface FuzzTarget {
  readonly seeds: (fixtures: string) => Uint8Array[];
  readonly run: (bytes: Uint8Array) => void;
  /** A mutation that knows the format; bytes are changed blindly where absent. */
  readonly mutate?: (bytes: Uint8Array, random: Random) => Uint8Array;
}

/** Runs code that may report that its input is bad. */
export function expected(task: () => void): void {
  try {
    task();
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
  }
}
