import { expect, test } from 'vitest';
import { accuracyOf, pairedDifference } from './accuracy.ts';
import { itemOutcome } from './item-outcome.ts';
import { spread } from './spread.ts';

const outcomes = (scores: readonly (readonly number[])[], labels: readonly number[]) =>
  new Map(scores.map((row, i) => [i, itemOutcome(row, labels[i] as number)]));

test('equal scores are ordered by class, as numpy.argmax and a stable sort have it', () => {
  expect(itemOutcome([1, 3, 3, 2], 1)).toEqual({ predicted: 1, rank: 0 });
  expect(itemOutcome([1, 3, 3, 2], 2)).toEqual({ predicted: 1, rank: 1 });
  expect(itemOutcome([0, 0, 0, 0], 3)).toEqual({ predicted: 0, rank: 3 });
  expect(itemOutcome([Number.NEGATIVE_INFINITY, -0, 0], 2)).toEqual({ predicted: 1, rank: 1 });
});

test('a score that is not a number makes the item wrong, wherever it is', () => {
  for (const scores of [
    [Number.NaN, 1],
    [1, Number.NaN],
  ])
    expect(itemOutcome(scores, 0)).toEqual({ predicted: -1, rank: 2 });
});

test('shares, classes and confusion of a table that was counted by hand', () => {
  const labels = [0, 0, 0, 1, 1, 3];
  const rows = [
    [9, 1, 0, 0],
    [1, 9, 0, 0],
    [5, 4, 3, 2],
    [0, 1, 9, 0],
    [0, 1, 0, 0],
    [0, 0, 0, Number.NaN],
  ];
  const { top1, top5, balanced, notNumbers, classes, confusion } = accuracyOf(
    outcomes(rows, labels),
    { labels, classes: ['a', 'b', 'c', 'd'] },
    { top5: false },
  );
  expect([top1.count, top1.of, top5, notNumbers]).toEqual([3, 6, null, 1]);
  expect(balanced).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3);
  expect(classes.map(({ recall }) => [recall.count, recall.of])).toEqual([
    [2, 3],
    [1, 2],
    [0, 0],
    [0, 1],
  ]);
  expect(classes.map(({ precision }) => precision)).toEqual([1, 1 / 2, 0, null]);
  expect(confusion).toEqual([
    { class: 'a', predicted: 'a', count: 2 },
    { class: 'a', predicted: 'b', count: 1 },
    { class: 'b', predicted: 'b', count: 1 },
    { class: 'b', predicted: 'c', count: 1 },
  ]);
});

test('top-5 counts ranks 0 to 4', () => {
  const labels = [0, 4, 5];
  const row = [6, 5, 4, 3, 2, 1];
  const { top5 } = accuracyOf(
    outcomes([row, row, row], labels),
    { labels, classes: [...'abcdef'] },
    { top5: true },
  );
  expect(top5?.count).toBe(2);
});

test('pairs are counted on the items that both saw', () => {
  const labels = [0, 0, 0, 1];
  const first = outcomes(
    [
      [1, 0],
      [1, 0],
      [0, 1],
      [1, 0],
    ],
    labels,
  );
  const all = outcomes(
    [
      [1, 0],
      [0, 1],
      [1, 0],
      [1, 0],
    ],
    labels,
  );
  expect(pairedDifference(first, all)).toMatchObject({
    both: 1,
    onlyFirst: 1,
    onlySecond: 1,
    neither: 1,
    agreement: 0.5,
    difference: 0,
  });
  const some = new Map([...all].slice(1, 2));
  expect(pairedDifference(first, some)).toMatchObject({
    both: 0,
    onlyFirst: 1,
    onlySecond: 0,
    neither: 0,
    difference: -1,
  });
});

test('a sample takes its part of every class of data in their order', () => {
  const labels = Array.from({ length: 1000 }, (_, i) => Math.floor(i / 100));
  const counts = new Array(10).fill(0);
  for (const i of spread(1000, 50)) counts[labels[i] as number]++;
  expect(counts).toEqual(new Array(10).fill(5));
  expect([spread(3), spread(3, 9)]).toEqual([
    [0, 1, 2],
    [0, 1, 2],
  ]);
});
