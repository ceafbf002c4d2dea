import { expect, test } from 'vitest';
import type { Score } from './dominance.ts';
import { crowdingDistances, sortIntoFronts } from './nsga2.ts';
import { ParetoFront } from './pareto-front.ts';
import type { Scored } from './scored.ts';
import { type Strategy, searchBy } from './search.ts';
import { type Axis, type Genome, genomeAt, type Space, settingsOf, sizeOf } from './space.ts';

const axis = (name: string, count: number, ordered = true): Axis => ({
  name,
  ordered,
  values: Array.from({ length: count }, (_, i) => i),
});
const small: Space = [axis('a', 3), axis('b', 4, false), axis('c', 5)];

/** All that a strategy asks for, in order. */
function run(strategy: Strategy, space: Space, score: (genome: Genome) => Score): Scored[] {
  const search = searchBy(strategy, space);
  const all: Scored[] = [];
  for (let step = search.next(); !step.done; ) {
    const scored = step.value.map((genome) => ({ genome, ...score(genome) }));
    all.push(...scored);
    step = search.next(scored);
  }
  return all;
}

const bySum = (genome: Genome): Score => {
  const sum = genome.reduce((a, b) => a + b, 0);
  return { objectives: [sum, -sum], violation: 0 };
};
const keys = (scored: readonly Scored[]): string[] => scored.map(({ genome }) => genome.join());

test('a grid has every point once, the last axis first', () => {
  const points = keys(run({ kind: 'grid' }, small, bySum));
  expect(new Set(points).size).toBe(sizeOf(small));
  expect(points.slice(0, 6)).toEqual(['0,0,0', '0,0,1', '0,0,2', '0,0,3', '0,0,4', '0,1,0']);
  expect(settingsOf(small, genomeAt(small, 59))).toEqual({ a: 2, b: 3, c: 4 });
});

test('random search draws different points, the same for the same seed', () => {
  const draw = (seed: number, points = 20): string[] =>
    keys(run({ kind: 'random', points, seed }, small, bySum));
  expect(new Set(draw(1)).size).toBe(20);
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(new Set(draw(3, 1000)).size).toBe(sizeOf(small));
});

test('NSGA-II asks for no point twice, for the same points with the same seed, and ends with the space', () => {
  const strategy = { kind: 'nsga2', population: 10, generations: 50, seed: 7 } as const;
  const points = keys(run(strategy, small, bySum));
  expect(new Set(points).size).toBe(points.length);
  expect(points.length).toBeGreaterThan(50);
  expect(keys(run(strategy, small, bySum))).toEqual(points);
});

function frontOf(found: readonly Scored[]): readonly Score[] {
  const front = new ParetoFront();
  for (const one of found) front.add({ ...one, id: one.genome.join() });
  return front.entries;
}

/** Zitzler, Deb, Thiele 2000: the front is f2 = 1 - sqrt(f1), where all variables but the first are 0. */
function zdt1(genome: Genome): Score {
  const x = genome.map((index) => index / 100);
  const [f1 = 0, ...rest] = x;
  const g = 1 + (9 * rest.reduce((a, b) => a + b, 0)) / rest.length;
  return { objectives: [f1, g * (1 - Math.sqrt(f1 / g))], violation: 0 };
}

test('NSGA-II finds the front of ZDT1, and spreads over it', () => {
  const space = Array.from({ length: 10 }, (_, i) => axis(`x${i}`, 101));
  const found = run({ kind: 'nsga2', population: 60, generations: 80, seed: 1 }, space, zdt1);
  const front = frontOf(found);
  const away = front.map(({ objectives: [f1 = 0, f2 = 0] }) => f2 - (1 - Math.sqrt(f1)));
  expect(Math.max(...away)).toBeLessThan(0.05);
  const covered = new Set(front.map(({ objectives: [f1 = 0] }) => Math.floor(f1 * 10)));
  expect(covered.size).toBeGreaterThanOrEqual(10);
  const random = run({ kind: 'random', points: 4800, seed: 1 }, space, zdt1);
  expect(
    Math.min(...random.map(({ objectives: [f1 = 0, f2 = 0] }) => f2 - (1 - Math.sqrt(f1)))),
  ).toBeGreaterThan(0.5);
});

test('NSGA-II keeps to constraints', () => {
  const space = [axis('x', 101), axis('y', 101)];
  const score = ([x = 0, y = 0]: Genome): Score => ({
    objectives: [x, y],
    violation: Math.max(0, 100 - x - y), // the front is x + y = 100
  });
  const found = run({ kind: 'nsga2', population: 20, generations: 60, seed: 3 }, space, score);
  const front = frontOf(found);
  expect(front.length).toBeGreaterThan(15);
  const sums = front.map(({ objectives: [x = 0, y = 0] }) => x + y);
  expect(Math.min(...sums)).toBeGreaterThanOrEqual(100);
  expect(sums.reduce((a, b) => a + b) / sums.length).toBeLessThan(102);
});

test('fronts and crowding distances are those of the paper', () => {
  const at = (...objectives: number[]): Scored => ({ genome: objectives, objectives, violation: 0 });
  const fronts = sortIntoFronts([
    at(1, 5),
    at(2, 2),
    at(5, 1),
    at(2, 6),
    at(6, 6),
    { ...at(0, 0), violation: 1 },
  ]);
  expect(fronts.map(keys)).toEqual([['1,5', '2,2', '5,1'], ['2,6'], ['6,6'], ['0,0']]);
  expect(crowdingDistances(fronts[0] as Scored[])).toEqual([Infinity, 2, Infinity]); // 4/4 + 4/4
});

test('a front drops what a later point dominates', () => {
  const front = new ParetoFront();
  const add = (id: string, objectives: number[], violation = 0): void =>
    front.add({ id, objectives, violation });
  add('a', [2, 2]);
  add('b', [1, 3]);
  add('bad', [0, 0], 1);
  add('c', [1, 2]);
  add('d', [5, 5]);
  expect(front.entries.map(({ id }) => id)).toEqual(['c']);
});
