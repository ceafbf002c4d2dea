import { expect, test } from 'vitest';
import { inTurn } from './tune-contestant.ts';

test('every item has a turn in every round, in every place, before and after the same other', () => {
  const turns = [...inTurn(['a', 'b', 'c'], 4)];
  const rounds = [0, 1, 2, 3].map((at) => turns.filter(({ round }) => round === at));
  expect(rounds.map((list) => list.map(({ item }) => item).join(''))).toEqual(['abc', 'cba', 'bca', 'acb']);
  for (const { item, index } of turns) expect('abc'[index]).toBe(item);
  expect([...inTurn([], 2)]).toEqual([]);
});
