import { expect, test } from 'vitest';
import { fitNonNegative } from './fit-non-negative.ts';

test('factors that made the data are found again, and none is negative', () => {
  const rows = [
    [1, 2, 0],
    [3, 1, 1],
    [0, 5, 2],
    [4, 4, 1],
  ];
  const x = [2, 0.5, 3];
  const found = fitNonNegative(
    rows,
    rows.map((row) => row.reduce((sum, value, i) => sum + value * (x[i] ?? 0), 0)),
  );
  found.forEach((value, i) => expect(value).toBeCloseTo(x[i] ?? 0, 6));
  expect(
    fitNonNegative(
      [
        [1, 1],
        [1, -1],
      ],
      [0, 2],
    ),
  ).toEqual([1, 0]);
});
