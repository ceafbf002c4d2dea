import { numElements, type Tensor, toNumbers } from '@ghostc/ir';
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

/**
 * All elements together count as much as this many runs of an element, and so do those of its channel, if they are further off:
 * a few runs may all be close by chance, and the weights of a channel may make all of it coarser than others.
 */
const PRIOR_RUNS = 4;
/** Channels of fewer elements say too little. */
const LEAST_PLANE = 64;

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
  const plane = planeSize(exact.shape);
  const weight = runs.length + PRIOR_RUNS;
  for (let first = 0; first < squares.length; first += plane) {
    const channel = squares.subarray(first, first + plane);
    const own = plane < squares.length ? finiteSum(channel) / (channel.length * runs.length) : 0;
    const prior = PRIOR_RUNS * Math.max(mean, own);
    channel.forEach((sum, i) => (channel[i] = Math.sqrt((sum + prior) / weight)));
  }
  return { sigma: squares, largest, rms: Math.sqrt(mean) };
}

/** Elements of a channel: those of one place in the first two axes; all of them where these are few. */
function planeSize(shape: readonly number[]): number {
  const plane = numElements(shape.slice(2));
  return shape.length > 2 && plane >= LEAST_PLANE ? plane : Math.max(1, numElements(shape));
}

function finiteSum(values: Float64Array): number {
  return values.reduce((sum, value) => (value === Infinity ? sum : sum + value), 0);
}
