import { expect, test } from 'vitest';
import { ulpDistance } from './webnn-tolerance.ts';

const next = (value: number): number => {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  return new Float32Array(Int32Array.of((bits[0] ?? 0) + 3).buffer)[0] ?? 0;
};

test.for([1, 0.1, 3e38, 1e-40, -7, 2 ** -126, Math.fround(1.9999998)])('three float32 steps from %s', (v) => {
  const value = Math.fround(v);
  expect(ulpDistance(value, next(value))).toBe(3);
});

test('f16 has its own unit, zero has one place, and infinities are met exactly', () => {
  expect(ulpDistance(1, 1 + 2 ** -10, 'f16')).toBe(1);
  expect(ulpDistance(1, 1 - 2 ** -11, 'f16')).toBe(1);
  expect(ulpDistance(2 ** -24, -(2 ** -24), 'f16')).toBe(2);
  expect(ulpDistance(1, 1 + 2 ** -7, 'bf16')).toBe(1);
  expect(ulpDistance(0, -0)).toBe(0);
  expect(ulpDistance(Number.POSITIVE_INFINITY, 3e38)).toBe(Number.POSITIVE_INFINITY);
  expect(ulpDistance(1, 2, 'i8')).toBeNaN();
});
