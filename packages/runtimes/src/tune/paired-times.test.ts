import { mulberry32 } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { isFaster, median, type Pairs, pairedRatio, pairedVerdict } from './paired-times.ts';

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

/** Thirty rounds; each is off by up to `noise`, and one in ten is three times as long. */
function noisyRounds(seed: number, factor: number, noise: number): Pairs {
  const next = mulberry32(seed);
  const draw = (time: number) => time * (1 + noise * next()) * (next() < 0.1 ? 3 : 1);
  const rounds = Array.from({ length: 30 }, () => [draw(1), draw(factor)] as const);
  return { base: rounds.map(([one]) => one), other: rounds.map(([, one]) => one) };
}

test('equals are equal however noisy, and a difference beyond the noise is found', () => {
  const seeds = Array.from({ length: 200 }, (_, seed) => seed);
  const verdicts = (factor: number, noise: number) =>
    seeds.map((seed) => pairedVerdict(noisyRounds(seed, factor, noise)).verdict);
  const others = (wanted: string, factor: number, noise: number) =>
    verdicts(factor, noise).filter((one) => one !== wanted).length;
  for (const noise of [0, 0.1, 1]) expect(others('equal', 1, noise)).toBeLessThan(3);
  expect(others('slower', 1.1, 0.1)).toBeLessThan(5);
  expect(others('faster', 0.9, 0.1)).toBeLessThan(5);
  expect(others('equal', 1.1, 2)).toBeLessThan(10);
});
