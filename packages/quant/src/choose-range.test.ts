import { mulberry32 } from '@ghostc/ir';
import { describe, expect, test } from 'vitest';
import { type CalibrationMethod, chooseRange } from './choose-range.ts';
import { ValueStatistics } from './value-statistics.ts';

/** Sums of twelve uniform numbers: nearly normal, deviation 1. */
function normal(count: number, seed: number): Float64Array {
  const next = mulberry32(seed);
  return Float64Array.from({ length: count }, () =>
    Array.from({ length: 12 }, next).reduce((sum, v) => sum + v, -6),
  );
}

function statisticsOf(...samples: ArrayLike<number>[]): ValueStatistics {
  const statistics = new ValueStatistics();
  for (const sample of samples) statistics.add(sample);
  return statistics;
}

const range = (statistics: ValueStatistics, method: CalibrationMethod, percentile = 99.9) =>
  chooseRange(statistics, { method, percentile });

/** Mean squared error of 256 levels over the range. */
function error(values: ArrayLike<number>, { low, high }: { low: number; high: number }): number {
  const step = (high - low) / 255;
  const clipped = (v: number): number =>
    Math.min(high, Math.max(low, low + Math.round((v - low) / step) * step));
  return Array.from(values).reduce((sum, v) => sum + (clipped(v) - v) ** 2, 0) / values.length;
}

describe('a normal distribution with one outlier of 100', () => {
  const bulk = normal(20_000, 1);
  const values = Float64Array.from([...bulk, 100]);
  const statistics = statisticsOf(values);

  test('min-max covers the outlier', () => {
    expect(range(statistics, 'minmax')).toEqual({ low: Math.min(...bulk), high: 100 });
  });

  test.each(['percentile', 'entropy'] as const)('%s does not, and loses less on the others', (method) => {
    const found = range(statistics, method);
    expect(found.high).toBeLessThan(40);
    expect(found.high).toBeGreaterThan(2.5);
    expect(error(bulk, found)).toBeLessThan(error(bulk, range(statistics, 'minmax')) / 4);
  });

  test('the least squared error is that of mse', () => {
    const least = error(values, range(statistics, 'mse'));
    for (const method of ['minmax', 'percentile', 'entropy'] as const)
      expect(least).toBeLessThanOrEqual(error(values, range(statistics, method)) * 1.001);
  });
});

test('mse clips a heavy tail', () => {
  const values = normal(100_000, 2).map((v) => (Math.abs(v) > 4 ? v * 2 : v));
  const [all, found] = [range(statisticsOf(values), 'minmax'), range(statisticsOf(values), 'mse')];
  expect(error(values, found)).toBeLessThan(error(values, all) * 0.99);
});

test('entropy keeps nearly all of a relu of a normal distribution', () => {
  const found = range(statisticsOf(normal(50_000, 3).map((v) => Math.max(0, v))), 'entropy');
  expect(found.low).toBe(0);
  expect(found.high).toBeGreaterThan(2.2);
});

test('a moving average follows the samples and forgets the first', () => {
  const statistics = statisticsOf([-1, 10], ...Array.from({ length: 40 }, () => [-1, 1]));
  const { low, high } = range(statistics, 'moving-average');
  expect(low).toBeCloseTo(-1);
  expect(high).toBeGreaterThan(1);
  expect(high).toBeLessThan(1.2);
});

test('zero is always inside, and a value of zeros has an empty range', () => {
  for (const method of ['minmax', 'moving-average', 'percentile', 'entropy', 'mse'] as const) {
    expect(range(statisticsOf([2, 3, 4]), method).low).toBe(0);
    expect(range(statisticsOf([-2, -3, -4]), method).high).toBe(0);
    expect(range(statisticsOf([0, 0, 0]), method)).toEqual({ low: 0, high: 0 });
  }
});

test('values of one group get a range from all of their counts', () => {
  const [small, large] = [statisticsOf(normal(1000, 5)), statisticsOf(normal(1000, 6).map((v) => v * 4))];
  const joined = ValueStatistics.join([small, large]);
  expect(range(joined, 'minmax').high).toBe(large.histogram.max);
  expect(joined.histogram.count).toBe(2000);
});
