import { type Tensor, toNumbers } from '@ghostc/ir';

/** How often values of a tensor are where: `counts` of equal parts between `min` and `max`. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly counts: readonly number[];
  readonly zeros: number;
  readonly total: number;
}

export function histogram(tensor: Tensor, bins = 40): Histogram {
  const values = toNumbers(tensor);
  let [min, max, zeros] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    if (value === 0) zeros++;
  }
  const counts = new Array<number>(bins).fill(0);
  const width = (max - min) / bins || 1;
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor((value - min) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { min, max, counts, zeros, total: values.length };
}
