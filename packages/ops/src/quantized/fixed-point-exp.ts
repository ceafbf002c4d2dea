import { roundingDivideByPowerOfTwo, roundingDoublingHighMul, saturatingLeftShift } from './requantize.ts';

/**
 * Exponential and reciprocal in fixed point, as TFLite's integer softmax defines them. Qm.n: an int32 with m integer and n
 * fractional bits.
 */

const Q31_ONE = 2 ** 31 - 1;
const mul = roundingDoublingHighMul;

/** exp(-2^k) in Q0.31 for k = -2 to 4. */
const POWERS = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242] as const;

/**
 * exp(a) in Q0.31 for a <= 0 in Q5.26 (or Q4.27): a = -(r + q) with 0 < q <= 1/4 a Taylor polynomial about -1/8, and one
 * factor exp(-2^k) for each bit of r, a multiple of 1/4.
 */
export function expOnNegativeValues(a: number, integerBits: 4 | 5 = 5): number {
  if (a === 0) return Q31_ONE;
  const quarter = 2 ** (29 - integerBits);
  const part = (((a % quarter) + quarter) % quarter) - quarter;
  const remainder = part - a;
  let result = expOfQuarter(part * 2 ** integerBits);
  POWERS.forEach((factor, i) => {
    if (Math.floor(remainder / (quarter * 2 ** i)) % 2 === 1) result = mul(result, factor);
  });
  return result;
}

/** exp(a) for a in [-1/4, 0), Q0.31: e^(-1/8) (1 + x + x^2/2 + x^3/6 + x^4/24) with x = a + 1/8. */
function expOfQuarter(a: number): number {
  const base = 1895147668; // exp(-1/8)
  const third = 715827883; // 1/3
  const x = a + 2 ** 28;
  const x2 = mul(x, x);
  const x3 = mul(x2, x);
  const x4 = mul(x2, x2);
  const quarterOfX4 = roundingDivideByPowerOfTwo(x4, 2);
  const tail = roundingDivideByPowerOfTwo(mul(quarterOfX4 + x3, third) + x2, 1);
  return base + mul(base, x + tail);
}

/**
 * 1 / sum for a sum of at least 1 in Q(integerBits).(31 - integerBits): sum = 2^bits (1 + f), 0 <= f < 1, the reciprocal
 * 1 / (1 + f) in Q0.31.
 */
export function reciprocalOfSum(sum: number, integerBits: number): { reciprocal: number; bits: number } {
  const headroom = Math.clz32(sum);
  const fraction = sum * 2 ** headroom - 2 ** 31;
  return { reciprocal: oneOverOnePlus(fraction), bits: integerBits - headroom };
}

/** 1 / (1 + a) for a in [0, 1), both Q0.31. */
function oneOverOnePlus(a: number): number {
  return saturatingLeftShift(reciprocalOfHalf(a), 1);
}

/** 1 / ((1 + a) / 2) for a in [0, 1) in Q0.31, the result in Q2.29: Newton's iteration. */
function reciprocalOfHalf(a: number): number {
  const half = Math.floor((a + Q31_ONE + 1) / 2);
  let x = 1515870810 + mul(half, -1010580540); // 48/17 - 32/17 half
  for (let i = 0; i < 3; i++) {
    const error = 2 ** 29 - mul(half, x);
    x += saturatingLeftShift(mul(x, error), 2);
  }
  return x;
}

/** 1 / (1 + exp(-a)) in Q0.31 for a in Q4.27. */
export function logisticQ4(a: number): number {
  if (a === 0) return 2 ** 30;
  const positive = oneOverOnePlus(expOnNegativeValues(-Math.abs(a), 4));
  return a > 0 ? positive : Q31_ONE - positive;
}

/** tanh(a) = (1 - e) / (1 + e) in Q0.31 with e = exp(-2 |a|), for a in Q4.27: 2 a is the same number in Q5.26. */
export function tanhQ4(a: number): number {
  if (a === 0) return 0;
  const reciprocal = reciprocalOfHalf(expOnNegativeValues(-Math.abs(a), 5));
  const magnitude = saturatingLeftShift(reciprocal - 2 ** 29, 2);
  return a > 0 ? magnitude : -magnitude;
}
