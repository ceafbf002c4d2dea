import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  frexp,
  quantizeMultiplier,
  reducedMultiplier,
  roundingDivideByPowerOfTwo,
  roundingDoublingHighMul,
  roundings,
  scaleBy,
  scaler,
  scaleWide,
} from './requantize.ts';

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const int32 = fc.oneof(fc.integer(INT32), fc.constantFrom(INT32.min, INT32.min + 1, -1, 0, 1, INT32.max));
const multiplier = fc.oneof(
  fc.integer({ min: 2 ** 30, max: INT32.max }),
  fc.constantFrom(2 ** 30, INT32.max),
);
const shift = fc.integer({ min: -31, max: 12 });

const saturate = (v: bigint): bigint =>
  v < -(1n << 31n) ? -(1n << 31n) : v > (1n << 31n) - 1n ? (1n << 31n) - 1n : v;

/** As the specification words it: a nudge by sign, then a truncating division. */
function highMulReference(a: bigint, b: bigint): bigint {
  const product = a * b;
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  return saturate((product + nudge) / (1n << 31n));
}

function divideReference(x: bigint, exponent: bigint): bigint {
  const mask = (1n << exponent) - 1n;
  const threshold = (mask >> 1n) + (x < 0n ? 1n : 0n);
  return (x >> exponent) + ((x & mask) > threshold ? 1n : 0n);
}

function doubleReference(x: number, m: number, s: number): bigint {
  const left = saturate(BigInt(x) << BigInt(Math.max(s, 0)));
  return divideReference(highMulReference(left, BigInt(m)), BigInt(Math.max(-s, 0)));
}

function singleReference(x: number, m: number, s: number): bigint {
  const total = BigInt(31 - s);
  return saturate((BigInt(x) * BigInt(m) + (1n << (total - 1n))) >> total);
}

describe('fixed-point arithmetic against BigInt', () => {
  it('doubling high product', () => {
    fc.assert(
      fc.property(int32, int32, (a, b) => {
        expect(BigInt(roundingDoublingHighMul(a, b))).toBe(highMulReference(BigInt(a), BigInt(b)));
      }),
      { numRuns: 5000 },
    );
  });

  it('rounding right shift', () => {
    fc.assert(
      fc.property(int32, fc.integer({ min: 0, max: 31 }), (x, exponent) => {
        expect(BigInt(roundingDivideByPowerOfTwo(x, exponent))).toBe(
          divideReference(BigInt(x), BigInt(exponent)),
        );
      }),
      { numRuns: 5000 },
    );
  });

  it('a scaler is its multiplier, ties included', () => {
    fc.assert(
      fc.property(int32, multiplier, shift, fc.constantFrom('double', 'single'), (x, m, s, rounding) => {
        const fixed = { multiplier: m, shift: s };
        // a product that ends in 2^30, the tie of the first rounding, or a step beside it
        for (const one of [x, x & -(2 ** 16), (x & 1023) * 2 ** 15])
          expect(scaler({ ...fixed, multiplier: m & -(2 ** 15) }, rounding)(one)).toBe(
            scaleBy(one, { ...fixed, multiplier: m & -(2 ** 15) }, rounding),
          );
        expect(scaler(fixed, rounding)(x)).toBe(scaleBy(x, fixed, rounding));
      }),
      { numRuns: 5000 },
    );
  });

  it('double and single rounding', () => {
    fc.assert(
      fc.property(int32, multiplier, shift, (x, m, s) => {
        const fixed = { multiplier: m, shift: s };
        expect(BigInt(scaleBy(x, fixed, 'double'))).toBe(doubleReference(x, m, s));
        expect(BigInt(scaleBy(x, fixed, 'single'))).toBe(singleReference(x, m, s));
      }),
      { numRuns: 10000 },
    );
  });

  it('the two roundings differ where they must', () => {
    const half = quantizeMultiplier(0.5);
    expect([scaleBy(-1, half, 'double'), scaleBy(-1, half, 'single')]).toEqual([0, 0]);
    const eighth = quantizeMultiplier(0.125);
    expect([scaleBy(-4, eighth, 'double'), scaleBy(-4, eighth, 'single')]).toEqual([-1, 0]);
  });

  it('wide accumulators', () => {
    const wide = fc.bigInt({ min: -(1n << 47n) + 1n, max: (1n << 47n) - 1n });
    fc.assert(
      fc.property(wide, multiplier, fc.integer({ min: -31, max: 7 }), (x, m, s) => {
        const fixed = { multiplier: m, shift: s };
        const total = BigInt(15 - s);
        const expected = (x * BigInt(reducedMultiplier(fixed)) + (1n << (total - 1n))) >> total;
        expect(BigInt(scaleWide(Number(x), fixed))).toBe(saturate(expected));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('quantizeMultiplier', () => {
  it('has a fraction of at least a half, and comes within 2^-31', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -30, max: 2 ** 20, noNaN: true }), (real) => {
        const { multiplier: m, shift: s } = quantizeMultiplier(real);
        expect(m).toBeGreaterThanOrEqual(2 ** 30);
        expect(m).toBeLessThan(2 ** 31);
        expect(Math.abs(m * 2 ** (s - 31) - real)).toBeLessThanOrEqual(real * 2 ** -31);
      }),
    );
  });

  it('takes a fraction apart exactly', () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: 1e300, noNaN: true }), (value) => {
        const [fraction, exponent] = frexp(value);
        expect(fraction >= 0.5 && fraction < 1).toBe(true);
        const half = Math.trunc(exponent / 2);
        expect(fraction * 2 ** half * 2 ** (exponent - half)).toBe(value);
      }),
    );
  });

  it('carries, vanishes, saturates and refuses', () => {
    expect(quantizeMultiplier(1 - 2 ** -40)).toEqual({ multiplier: 2 ** 30, shift: 1 });
    expect(quantizeMultiplier(2 ** -33)).toEqual({ multiplier: 0, shift: 0 });
    expect(quantizeMultiplier(2 ** -32)).toEqual({ multiplier: 2 ** 30, shift: -31 });
    for (const large of [2 ** 30, 3e30])
      for (const rounding of roundings)
        for (const [x, end] of [
          [0, 0],
          [1, 32767],
          [-1, -32768],
        ] as const)
          expect(Math.max(-32768, Math.min(32767, scaleBy(x, quantizeMultiplier(large), rounding)))).toBe(
            end,
          );
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => quantizeMultiplier(bad)).toThrow('a multiplier expects');
  });
});
