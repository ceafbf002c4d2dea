import fc from 'fast-check';
import { expect, test } from 'vitest';
import { float16ToNumber, numberToFloat16, roundHalfToEven } from './float16.ts';

const patterns = Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const isNaNPattern = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

test('every bit pattern but the NaNs survives a round trip', () => {
  const wrong = patterns.filter(
    (bits) => !isNaNPattern(bits) && numberToFloat16(float16ToNumber(bits)) !== bits,
  );
  expect(wrong).toEqual([]);
});

test('every NaN pattern is NaN and stays NaN', () => {
  const nans = patterns.filter(isNaNPattern);
  expect(nans).toHaveLength(2046);
  expect(nans.every((bits) => isNaNPattern(numberToFloat16(float16ToNumber(bits))))).toBe(true);
});

test('halfway between neighbours goes to the even one, a hair beyond to the nearer one', () => {
  const wrong: number[] = [];
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [float16ToNumber(bits), float16ToNumber(bits + 1)];
    const middle = (low + high) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const hair = (high - low) * 2 ** -20;
    const found = [middle - hair, middle, middle + hair].map(numberToFloat16);
    if (found[0] !== bits || found[1] !== even || found[2] !== bits + 1) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

test.each([
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [65519.99, 0x7bff],
  [65520, 0x7c00],
  [Number.POSITIVE_INFINITY, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
  [-0, 0x8000],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [-(2 ** -14), 0x8400],
  [1e-320, 0x0000],
])('%d is 0x%i', (value, bits) => {
  expect(numberToFloat16(value)).toBe(bits);
});

test('roundHalfToEven', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6].map(roundHalfToEven).map((value) => value + 0)).toEqual(
    [0, 2, 2, 0, -2, -2, 2, -3],
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -(2 ** 53), max: 2 ** 53 }), (value) => {
      const rounded = roundHalfToEven(value);
      expect(Number.isInteger(rounded)).toBe(true);
      expect(Math.abs(rounded - value)).toBeLessThanOrEqual(0.5);
    }),
  );
});
