import { CompileError } from '@ghostc/ir';
import type { Preprocessing } from './preprocessing.ts';

/** Channel c of the model's image is `factors[c] * x[order[c]] + offsets[c]`. */
export interface Affine {
  readonly factors: readonly number[];
  readonly offsets: readonly number[];
  /** For each channel of the model, the index of the input channel. */
  readonly order: readonly number[];
}

/**
 * (x * scale - mean) / std by channel. Throws `edit/preprocess` for lists of the wrong length, and divisors
 * of 0.
 */
export function affineOf({ scale = 1, mean = 0, std = 1, channels }: Preprocessing, count: number): Affine {
  const [means, deviations] = [listOf(mean, count, 'mean'), listOf(std, count, 'std')];
  const zero = deviations.findIndex((one) => one === 0 || !Number.isFinite(one));
  if (zero >= 0)
    throw new CompileError('edit/preprocess', `expected std other than 0, found ${deviations[zero]}`);
  return {
    factors: deviations.map((deviation) => scale / deviation),
    offsets: deviations.map((deviation, i) => (means[i] === 0 ? 0 : -(means[i] ?? 0) / deviation)),
    order: deviations.map((_, i) => (channels === 'reversed' ? count - 1 - i : i)),
  };
}

function listOf(given: number | readonly number[], count: number, what: string): readonly number[] {
  const list = typeof given === 'number' ? new Array<number>(count).fill(given) : given;
  if (list.length === count) return list;
  throw new CompileError('edit/preprocess', `expected ${count} numbers as ${what}, found ${list.length}`);
}
