import { expect, test } from 'vitest';
import { broadcastShapes, isStaticShape, numElements, sameShape, staticShape, stridesOf } from './shape.ts';

test('numElements multiplies; a scalar has one element', () => {
  expect(numElements([2, 3, 4])).toBe(24);
  expect(numElements([])).toBe(1);
  expect(numElements([5, 0])).toBe(0);
  expect(() => numElements([2 ** 30, 2 ** 30])).toThrow('shape/too-large');
  expect(() => numElements([2, 'n'])).toThrow('expected a fixed shape, found [2,n]');
});

test('staticShape copies', () => {
  const shape = [1, 2];
  expect(staticShape(shape)).toEqual(shape);
  expect(staticShape(shape)).not.toBe(shape);
  expect(isStaticShape([1, 'n'])).toBe(false);
});

test('sameShape compares rank, numbers and text', () => {
  expect(sameShape([1, 'n'], [1, 'n'])).toBe(true);
  expect(sameShape([1], [1, 1])).toBe(false);
  expect(sameShape([1, 2], [1])).toBe(false);
  expect(sameShape(['n'], ['m'])).toBe(false);
});

test('strides are row-major', () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect(stridesOf([])).toEqual([]);
});

test.each([
  [[2, 3], [3], [2, 3]],
  [
    [1, 3],
    [2, 1],
    [2, 3],
  ],
  [[], [4], [4]],
  [
    ['n', 1],
    [1, 5],
    ['n', 5],
  ],
  [[0], [1], [0]],
])('%j and %j broadcast to %j', (a, b, expected) => {
  expect(broadcastShapes(a, b)).toEqual(expected);
  expect(broadcastShapes(b, a)).toEqual(expected);
});

test.each([
  [[2], [3]],
  [['n'], [3]],
  [[0], [2]],
])('%j and %j do not broadcast', (a, b) => {
  expect(() => broadcastShapes(a, b)).toThrow('do not broadcast');
});
