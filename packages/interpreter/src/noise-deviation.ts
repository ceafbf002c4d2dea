import { type Tensor, toNumbers } from '@ghostc/ir';
import { difference } from './bounded.ts';

export interface Deviation {
  /**
   * Standard deviation by element; infinite if the element is NaN or infinite in only some runs, so may be
   * anything.
   */
  readonly sigma: Float64Array;
  /** The largest finite deviation of any element in any run; infinite if results differ in shape. */
  readonly largest: number;
  /** Root mean square of all finite deviations. */
  readonly rms: number;
}

/** All elements together count as much as this many runs of an element: eight runs may all be close by chance. */
const PRIOR_RUNS = 4;

/** How far the runs are from the exact result. */
export function deviationOf(exact: Tensor, runs: readonly Tensor[]): Deviation {
  const squares = new Float64Array(exact.data.length);
  const still = { sigma: squares, largest: 0, rms: 0 };
  if (runs.length === 0 || squares.length === 0) return still;
  if (runs.some(({ data }) => data.length !== squares.length))
    return { sigma: squares.fill(Infinity), largest: Infinity, rms: Infinity };
  const want = toNumbers(exact);
  let [largest, total] = [0, 0];
  for (const run of runs) {
    const got = toNumbers(run);
    for (let i = 0; i < squares.length; i++) {
      const off = difference(Number(got[i]), Number(want[i]));
      squares[i] = (squares[i] ?? 0) + off * off;
      if (off === Infinity) continue;
      total += off * off;
      if (off > largest) largest = off;
    }
  }
  const mean = total / (squares.length * runs.length);
  const weight = runs.length + PRIOR_RUNS;
  return {
    sigma: squares.map((sum) => Math.sqrt((sum + PRIOR_RUNS * mean) / weight)),
    largest,
    rms: Math.sqrt(mean),
  };
}
