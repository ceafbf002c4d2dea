import type { Bin, Histogram } from './histogram.ts';
import type { Range } from './quant-range.ts';
import type { ValueStatistics } from './value-statistics.ts';

/** Ways to choose the range of a value from its statistics. */
export const calibrationMethods = ['minmax', 'moving-average', 'percentile', 'entropy', 'mse'] as const;
/** How a range is chosen, one of `calibrationMethods`. */
export type CalibrationMethod = (typeof calibrationMethods)[number];

export interface RangeOptions {
  readonly method: CalibrationMethod;
  /** Of the values inside the range, in percent; for `percentile`. */
  readonly percentile: number;
}

/** Levels of an 8-bit type. */
const LEVELS = 256;

/** Entropy cannot see the error of a level with only one bin: narrower ranges would seem free of error. */
const BINS_PER_LEVEL = 2;

/** Steps of the search for a range. */
const STEPS = 64;

/** The real range that a value's integers should cover, from calibration. */
export function chooseRange(statistics: ValueStatistics, { method, percentile }: RangeOptions): Range {
  const { histogram, averageMin, averageMax } = statistics;
  const whole = { low: Math.min(0, histogram.min), high: Math.max(0, histogram.max) };
  if (histogram.count === 0 || whole.low === whole.high) return { low: 0, high: 0 };
  if (method === 'moving-average') return { low: Math.min(0, averageMin), high: Math.max(0, averageMax) };
  if (method === 'percentile') return percentileRange(histogram, percentile);
  const bins = histogram.bins();
  if (method === 'mse') return narrowest(whole, (range) => squaredError(bins, range));
  if (method !== 'entropy') return whole;
  const counted = bins.filter(({ centre }) => Math.floor(centre / histogram.width) !== 0);
  const least = BINS_PER_LEVEL * LEVELS * histogram.width;
  const fine = ({ low, high }: Range): boolean => high - low >= least;
  return narrowest(whole, (range) =>
    range === whole || fine(range) ? divergence(counted, range) : Number.POSITIVE_INFINITY,
  );
}

function percentileRange(histogram: Histogram, percentile: number): Range {
  const tail = (1 - percentile / 100) / 2;
  return { low: Math.min(0, histogram.quantile(tail)), high: Math.max(0, histogram.quantile(1 - tail)) };
}

/** Each end is shrunk, then both, in steps down to an eighth, twice; the wider range wins a tie. */
function narrowest(whole: Range, cost: (range: Range) => number): Range {
  const ends = [
    { low: 0, high: 1 },
    { low: 1, high: 0 },
    { low: 1, high: 1 },
  ];
  let [best, least] = [whole, cost(whole)];
  for (const end of [...ends, ...ends]) {
    const from = best;
    for (let i = STEPS - 1; i >= STEPS / 8; i--) {
      const cut = 1 - i / STEPS;
      const range = { low: from.low * (1 - end.low * cut), high: from.high * (1 - end.high * cut) };
      const found = cost(range);
      if (found < least) [best, least] = [range, found];
    }
  }
  return best;
}

/**
 * Kullback-Leibler divergence of the values, clipped to the range, from the same values spread evenly over
 * the occupied bins of each of 256 levels (the calibration of TensorRT, for a range with two ends). `bins`
 * lacks the bin at zero: a relu may put any share of the values there, and zero is always exact.
 */
function divergence(bins: readonly Bin[], { low, high }: Range): number {
  const step = (high - low) / LEVELS;
  const levelOf = (x: number): number => Math.min(LEVELS - 1, Math.max(0, Math.floor((x - low) / step)));
  const mass = new Float64Array(LEVELS);
  const occupied = new Float64Array(LEVELS);
  const inside = bins.filter(({ centre }) => centre >= low && centre <= high);
  if (inside.length === 0) return Number.POSITIVE_INFINITY;
  for (const { centre, count } of inside) {
    const level = levelOf(centre);
    mass[level] = (mass[level] ?? 0) + count;
    occupied[level] = (occupied[level] ?? 0) + 1;
  }
  const kept = inside.reduce((sum, { count }) => sum + count, 0);
  const [below, above] = clippedCounts(bins, low, high);
  const total = kept + below + above;
  return inside.reduce((sum, { centre, count }, i) => {
    const clipped = (i === 0 ? below : 0) + (i === inside.length - 1 ? above : 0);
    const p = (count + clipped) / total;
    const level = levelOf(centre);
    const q = (mass[level] ?? 0) / (occupied[level] ?? 0) / kept;
    return sum + p * Math.log(p / q);
  }, 0);
}

function clippedCounts(bins: readonly Bin[], low: number, high: number): [number, number] {
  let [below, above] = [0, 0];
  for (const { centre, count } of bins) {
    if (centre < low) below += count;
    else if (centre > high) above += count;
  }
  return [below, above];
}

/** Error of each bin's centre when 256 levels cover the range and values outside are clipped. */
function squaredError(bins: readonly Bin[], { low, high }: Range): number {
  const step = (high - low) / (LEVELS - 1);
  if (step === 0) return Number.POSITIVE_INFINITY;
  const zero = Math.round(-low / step);
  let sum = 0;
  for (const { centre, count } of bins) {
    const level = Math.min(LEVELS - 1, Math.max(0, Math.round(centre / step) + zero));
    const error = (level - zero) * step - centre;
    sum += count * error * error;
  }
  return sum;
}
