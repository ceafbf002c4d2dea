import { expect, test } from 'vitest';
import { mcnemar, newcombe, wilson } from './binomial-intervals.ts';

const rounded = (values: readonly number[]): number[] => values.map((value) => Number(value.toFixed(4)));

/** Newcombe's own examples, Stat. Med. 17 (1998), 857-872. */
test.for([
  [81, 263, [0.2553, 0.3662]],
  [15, 148, [0.0624, 0.1605]],
  [0, 20, [0, 0.1611]],
  [1, 29, [0.0061, 0.1718]],
  [10, 10, [0.7225, 1]],
] as const)('Wilson: %i of %i', ([k, n, interval]) => {
  expect(rounded(wilson(k, n))).toEqual(interval);
});

/** Published: the first by Newcombe, the second by Altman, the third by Fagerland and others; the rest from SciPy's Wilson intervals. */
test.for([
  [[36, 12, 2, 0], [0.0569, 0.3404], 0.0129],
  [[14, 5, 0, 22], [0.0115, 0.2265], 0.0625],
  [[1, 1, 7, 12], [-0.5069, -0.0256], 0.0703],
  [[1820, 14, 13, 153], [-0.0049, 0.0059], 1],
  [[1834, 0, 0, 166], [-0.0019, 0.0019], 1],
  [[0, 0, 0, 5], [-0.4345, 0.4345], 1],
] as const)('paired: %o', ([[both, onlyFirst, onlySecond, neither], [low, high], p]) => {
  const counts = { both, onlyFirst, onlySecond, neither };
  expect(rounded(newcombe(counts))).toEqual(rounded([-high, -low])); // theirs is first - second
  expect(rounded([mcnemar(counts)])).toEqual([p]);
});

test('McNemar where the chances of single outcomes are below the smallest float', () => {
  expect(mcnemar({ both: 0, onlyFirst: 900, onlySecond: 1000, neither: 0 })).toBeCloseTo(0.0231088451, 9);
  expect(mcnemar({ both: 0, onlyFirst: 0, onlySecond: 3000, neither: 0 })).toBe(0);
});
