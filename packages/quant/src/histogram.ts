/** Maximum number of bins: 32 for each of 256 levels. */
const MAX_BINS = 8192;

/** The initial bin width if the first tensor is all zeros. */
const SMALLEST_SPAN = 2 ** -60;

/** One bin: the midpoint of its values, and their count. */
export interface Bin {
  readonly centre: number;
  readonly count: number;
}

/**
 * Counts of values in bins of width 2^k; bin i holds [i * 2^k, (i + 1) * 2^k). Aligned at zero and a power of two wide, bins
 * merge in pairs without error: the range need not be known beforehand, and histograms of different widths add up.
 */
export class Histogram {
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** Finite values counted. */
  count = 0;
  /** Number of NaN and infinities, which are not counted in bins. */
  nonFinite = 0;
  #exponent = 0;
  #first = 0;
  #bins = new Float64Array(0);

  /** Width of a bin. */
  get width(): number {
    return 2 ** this.#exponent;
  }

  add(values: ArrayLike<number>): void {
    const { min, max, finite } = finiteRange(values);
    this.nonFinite += values.length - finite;
    if (finite === 0) return;
    this.#include(min, max);
    const [bins, first, perUnit] = [this.#bins, this.#first, 1 / this.width];
    for (let i = 0; i < values.length; i++) {
      const at = Math.floor((values[i] ?? 0) * perUnit) - first;
      if (at >= 0 && at < bins.length) bins[at] = (bins[at] ?? 0) + 1;
    }
    this.count += finite;
  }

  /** Adds the counts of another histogram. */
  merge(other: Histogram): void {
    this.nonFinite += other.nonFinite;
    if (other.count === 0) return;
    const copy = other.#copy();
    this.#include(other.min, other.max);
    while (copy.#exponent < this.#exponent) copy.#coarsen();
    while (this.#exponent < copy.#exponent) this.#coarsen();
    this.#cover(copy.#first, copy.#first + copy.#bins.length - 1);
    while (copy.#exponent < this.#exponent) copy.#coarsen();
    copy.#bins.forEach((count, i) => {
      const at = copy.#first + i - this.#first;
      this.#bins[at] = (this.#bins[at] ?? 0) + count;
    });
    this.count += other.count;
  }

  /** The non-empty bins, in order. */
  bins(): Bin[] {
    const half = this.width / 2;
    return Array.from(this.#bins, (count, i) => ({
      centre: (this.#first + i) * this.width + half,
      count,
    })).filter(({ count }) => count > 0);
  }

  /** The smallest bin edge below which at least `fraction` of the values are; exact min and max at 0 and 1. */
  quantile(fraction: number): number {
    if (fraction <= 0) return this.min;
    const wanted = fraction * this.count;
    let seen = 0;
    for (const { centre, count } of this.bins()) {
      seen += count;
      if (seen >= wanted) return Math.min(this.max, centre + this.width / 2);
    }
    return this.max;
  }

  #include(min: number, max: number): void {
    if (this.count === 0) this.#start(min, max);
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
    this.#cover(Math.floor(min / this.width), Math.floor(max / this.width));
  }

  #start(min: number, max: number): void {
    const span = Math.max(max - min, Math.max(Math.abs(min), Math.abs(max)) / 64, SMALLEST_SPAN);
    this.#exponent = Math.ceil(Math.log2((4 * span) / MAX_BINS));
    this.#first = Math.floor(min / this.width);
    this.#bins = new Float64Array(1);
  }

  /** Extends to bins `low` to `high` of the current width, or of wider ones if there would be too many. */
  #cover(low: number, high: number): void {
    let first = Math.min(low, this.#first);
    let last = Math.max(high, this.#first + this.#bins.length - 1);
    while (last - first >= MAX_BINS) {
      this.#coarsen();
      first = Math.floor(first / 2);
      last = Math.floor(last / 2);
    }
    if (first === this.#first && last - first < this.#bins.length) return;
    const bins = new Float64Array(last - first + 1);
    bins.set(this.#bins, this.#first - first);
    this.#bins = bins;
    this.#first = first;
  }

  #coarsen(): void {
    const first = Math.floor(this.#first / 2);
    const last = Math.floor((this.#first + this.#bins.length - 1) / 2);
    const bins = new Float64Array(last - first + 1);
    this.#bins.forEach((count, i) => {
      const at = Math.floor((this.#first + i) / 2) - first;
      bins[at] = (bins[at] ?? 0) + count;
    });
    this.#bins = bins;
    this.#first = first;
    this.#exponent++;
  }

  #copy(): Histogram {
    const copy = new Histogram();
    copy.#exponent = this.#exponent;
    copy.#first = this.#first;
    copy.#bins = this.#bins.slice();
    return copy;
  }
}

function finiteRange(values: ArrayLike<number>): { min: number; max: number; finite: number } {
  let [min, max, finite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value)) continue;
    finite++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max, finite };
}
