import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

const numbers = fc.array(
  fc.oneof(
    fc.integer({ min: -1e9, max: 1e9 }).map((v) => v / 1e3),
    fc.integer({ min: -1000, max: 1000 }).map((v) => v / 1e9),
    fc.constantFrom(0, 1, -1),
  ),
  { minLength: 1, maxLength: 60 },
);

function histogramOf(...batches: number[][]): Histogram {
  const histogram = new Histogram();
  for (const batch of batches) histogram.add(batch);
  return histogram;
}

test('every value is counted once, in a bin that holds it, however the range grows', () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const histogram = histogramOf(a, b);
      const all = [...a, ...b];
      const bins = histogram.bins();
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
      expect(bins.length).toBeLessThanOrEqual(4096);
      const half = histogram.width / 2;
      for (const { centre, count } of bins)
        expect(all.filter((v) => v >= centre - half && v < centre + half)).toHaveLength(count);
      expect([histogram.min, histogram.max]).toEqual([Math.min(...all), Math.max(...all)]);
    }),
    { numRuns: 300 },
  );
});

test('merged histograms hold what one histogram of all the values holds', () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const merged = histogramOf(a);
      merged.merge(histogramOf(b));
      const half = merged.width / 2;
      for (const { centre, count } of merged.bins())
        expect([...a, ...b].filter((v) => v >= centre - half && v < centre + half)).toHaveLength(count);
      expect(merged.count).toBe(a.length + b.length);
      expect([merged.min, merged.max]).toEqual([Math.min(...a, ...b), Math.max(...a, ...b)]);
    }),
    { numRuns: 300 },
  );
});

test('NaN and infinities are told apart', () => {
  const histogram = histogramOf([1, Number.NaN, Number.POSITIVE_INFINITY, 2]);
  expect([histogram.count, histogram.nonFinite]).toEqual([2, 2]);
});

test('a quantile lies within one bin of the exact one', () => {
  const values = Array.from({ length: 10_000 }, (_, i) => Math.sin(i) ** 3);
  const histogram = histogramOf(values);
  const sorted = [...values].sort((a, b) => a - b);
  for (const fraction of [0.001, 0.25, 0.5, 0.9, 0.9999])
    expect(
      Math.abs(histogram.quantile(fraction) - (sorted[Math.ceil(fraction * 10_000) - 1] ?? 0)),
    ).toBeLessThanOrEqual(histogram.width);
});
