import { expect, test } from 'vitest';
import { isFaster, median, pairedRatio } from './paired-times.ts';

const base = [10, 20, 11, 40, 10, 12, 10, 15, 10, 11];
const times = (factor: number): number[] => base.map((time) => time * factor);

test('a drift that both suffer from cancels', () => {
  expect(pairedRatio({ base, other: times(0.9) })).toBeCloseTo(1 / 0.9);
  expect(isFaster({ base, other: times(0.9) })).toBe(true);
});

test('a small gain, an equal time and a few lost rounds are no gain', () => {
  expect(isFaster({ base, other: times(0.99) })).toBe(false);
  expect(isFaster({ base, other: base })).toBe(false);
  expect(isFaster({ base, other: times(0.5).map((time, i) => (i < 3 ? time * 3 : time)) })).toBe(false);
  expect(isFaster({ base, other: times(0.5).map((time, i) => (i < 2 ? time * 3 : time)) })).toBe(true);
});

test('the median of an even number is between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
});
