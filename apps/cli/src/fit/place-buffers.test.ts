import { expect, test } from 'vitest';
import { placeBuffers } from './place-buffers.ts';

const memories = [
  { name: 'large', bytes: 100 },
  { name: 'small', bytes: 40 },
];
const places = (...sizes: readonly number[]) =>
  placeBuffers(
    sizes.map((bytes, i) => ({ name: `b${i}`, bytes })),
    memories,
  ).map(({ bytes, memory }) => [bytes, memory]);

test('each buffer goes where it leaves the least room, the largest first', () => {
  expect(places(20, 90, 15)).toEqual([
    [90, 'large'],
    [20, 'small'],
    [15, 'small'],
  ]);
});

test('a buffer that no memory has room for has none', () => {
  expect(places(101, 50, 60)).toEqual([
    [101, null],
    [60, 'large'],
    [50, null],
  ]);
});
