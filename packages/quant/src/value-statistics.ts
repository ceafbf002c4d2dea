import { Histogram } from './histogram.ts';

/** Weight of earlier samples in a moving average. */
const MOMENTUM = 0.9;

/** What calibration keeps of one value: enough to choose a range by every method. */
export class ValueStatistics {
  readonly histogram = new Histogram();
  /** Exponential moving averages of each sample's smallest and largest element. */
  averageMin = 0;
  averageMax = 0;
  #samples = 0;

  /** Adds the elements of the value for one sample. */
  add(values: ArrayLike<number>): void {
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const weight = this.#samples++ === 0 ? 0 : MOMENTUM;
    this.averageMin = weight * this.averageMin + (1 - weight) * min;
    this.averageMax = weight * this.averageMax + (1 - weight) * max;
    this.histogram.add(values);
  }

  /** Statistics of values that share one scale: counts are added, averaged ranges are merged. */
  static join(parts: readonly ValueStatistics[]): ValueStatistics {
    const joined = new ValueStatistics();
    for (const part of parts) joined.histogram.merge(part.histogram);
    joined.averageMin = Math.min(...parts.map((part) => part.averageMin));
    joined.averageMax = Math.max(...parts.map((part) => part.averageMax));
    return joined;
  }
}
