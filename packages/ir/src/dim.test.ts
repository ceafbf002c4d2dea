import { expect, test } from 'vitest';
import { addDim, floorDivDim, isBareDim, mulDim } from './dim.ts';

test('fixed dimensions are numbers', () => {
  expect(addDim(3, -1)).toBe(2);
  expect(floorDivDim(7, 2)).toBe(3);
  expect(mulDim(7, 2)).toBe(14);
});

test('offsets of a symbolic dimension join', () => {
  expect(addDim('h', 2)).toBe('h+2');
  expect(addDim('h+2', -3)).toBe('h-1');
  expect(addDim('h-1', 1)).toBe('h');
  expect(addDim(addDim('(h-1)//2', 1), 1)).toBe('(h-1)//2+2');
  expect(addDim('h', 0)).toBe('h');
});

test('a sign that belongs to a factor is no offset', () => {
  expect(addDim(mulDim('h', -1), 1)).toBe('h*-1+1');
  expect(addDim('h//-2', 2)).toBe('h//-2+2');
  expect(addDim('floor(h/2) + 1', 1)).toBe('floor(h/2) + 1+1');
});

test('products and quotients group sums', () => {
  expect(mulDim('h+1', 2)).toBe('(h+1)*2');
  expect(floorDivDim('h-1', 2)).toBe('(h-1)//2');
  expect(floorDivDim('h', 1)).toBe('h');
  expect(mulDim('h', 1)).toBe('h');
});

test.each(['h', '2*h', '(h-1)//2+1', 'größe', '_0'])('%s stands bare', (text) => {
  expect(isBareDim(text)).toBe(true);
});

test.each(['', '3', '-3', '1e5', '3x', 'a b', 'a,b', 'a]', '[a', 'a"', 'h\n'])('%j is quoted', (text) => {
  expect(isBareDim(text)).toBe(false);
});
