import { CompileError, roundHalfToEven } from '@ghostc/ir';
import { roundHalfAway } from '../round-half-away.ts';

/**
 * The fixed-point arithmetic of every quantised op, as TFLite defines it. Interpreter and backends get
 * multipliers and shifts from here, and the backends' generated code computes what `scaleBy` computes, bit
 * for bit.
 */

/** real = multiplier * 2^(shift - 31), multiplier in [2^30, 2^31) or 0. A shift above 0 goes left. */
export interface FixedMultiplier {
  readonly multiplier: number;
  readonly shift: number;
}

/**
 * How a scaled product is rounded to an integer. `double`: first to 31 fewer fractional bits (ties up), then
 * by the right shift (ties away from zero), TFLite's default. `single`: once, by the whole shift (ties up).
 */
export const roundings = ['double', 'single'] as const;
/** How a product with a multiplier is rounded: once (`single`, ONNX Runtime) or twice (`double`, TFLite). */
export type Rounding = (typeof roundings)[number];

/** The default of an op: TFLite's. */
export const defaultRounding: Rounding = 'double';
/** The default for QDQ ONNX. */
export const onnxRounding: Rounding = 'single';

/** How a float becomes an integer: TFLite's ties go away from zero, ONNX's to even. */
export const ties: Readonly<Record<Rounding, (v: number) => number>> = {
  double: roundHalfAway,
  single: roundHalfToEven,
};

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** value = fraction * 2^exponent with fraction in [0.5, 1), for value > 0: C's frexp. */
export function frexp(value: number): readonly [number, number] {
  let exponent = Math.min(Math.max(-1022, Math.floor(Math.log2(value)) + 1), 1023);
  let fraction = value / 2 ** exponent;
  while (fraction >= 1) [fraction, exponent] = [fraction / 2, exponent + 1];
  while (fraction < 0.5) [fraction, exponent] = [fraction * 2, exponent - 1];
  return [fraction, exponent];
}

/** With it, every integer but 0 is beyond int16. */
const LARGEST: FixedMultiplier = { multiplier: INT32_MAX, shift: 30 };

/**
 * TFLite's QuantizeMultiplier: the nearest fixed-point number; below 2^-32 it is 0. From 2^30 on it is the largest one, which
 * saturates the same integers. Throws `quant/multiplier` for a number that is negative, infinite or NaN.
 */
export function quantizeMultiplier(real: number): FixedMultiplier {
  if (real === 0) return { multiplier: 0, shift: 0 };
  if (!(real > 0 && Number.isFinite(real)))
    throw new CompileError('quant/multiplier', `a multiplier expects a number of at least 0, found ${real}`);
  if (real >= 2 ** 30) return LARGEST;
  const [fraction, exponent] = frexp(real);
  const rounded = Math.round(fraction * 2 ** 31);
  const [multiplier, shift] = rounded === 2 ** 31 ? [2 ** 30, exponent + 1] : [rounded, exponent];
  return shift < -31 ? { multiplier: 0, shift: 0 } : { multiplier, shift };
}

/**
 * round(a * b / 2^31) with ties up, saturated to int32; a, b int32. TFLite writes it as a truncating division after a
 * nudge that depends on the sign, which is the same number.
 *
 * Exact in doubles: b = 2^16 h + l, so a b = 2^16 a h + a l with |a h| <= 2^46, |a l| < 2^47. With a h = 2^15 p + q,
 * 0 <= q < 2^15, the result is p + floor((2^16 q + a l + 2^30) / 2^31), every term below 2^53.
 */
export function roundingDoublingHighMul(a: number, b: number): number {
  const high = a * (b >> 16);
  const p = Math.floor(high / 2 ** 15);
  const rest = (high - p * 2 ** 15) * 2 ** 16 + a * (b & 0xffff) + 2 ** 30;
  return Math.min(p + Math.floor(rest / 2 ** 31), INT32_MAX);
}

/** x / 2^exponent rounded to the nearest integer, ties away from zero; x int32, 0 <= exponent <= 31. */
export function roundingDivideByPowerOfTwo(x: number, exponent: number): number {
  const divisor = 2 ** exponent;
  return x < 0 ? -Math.floor((-x + divisor / 2) / divisor) : Math.floor((x + divisor / 2) / divisor);
}

/** x * 2^exponent saturated to int32. */
export function saturatingLeftShift(x: number, exponent: number): number {
  return Math.min(Math.max(x * 2 ** exponent, INT32_MIN), INT32_MAX);
}

/**
 * TFLite's MultiplyByQuantizedMultiplier: x * multiplier * 2^(shift - 31) for int32 x, rounded as given,
 * saturated to int32 (where TFLite's own left shift would overflow).
 */
export function scaleBy(x: number, fixed: FixedMultiplier, rounding: Rounding): number {
  return rounding === 'double' ? scaleDouble(x, fixed) : scaleSingle(x, fixed);
}

/** Products of int32 and 31-bit numbers in double precision are off by less than 2^-21. */
const NEAR_TIE = 2 ** -20;

/** int32 to int32 by one multiplier. */
export type Scaler = (x: number) => number;

/** `scaleBy` with one multiplier, for many x. Sums that are not near a tie need no 64-bit product. */
export function scaler(fixed: FixedMultiplier, rounding: Rounding): Scaler {
  const { multiplier, shift } = fixed;
  if (rounding !== 'double' || shift > 0) return (x) => scaleBy(x, fixed, rounding);
  const factor = multiplier / 2 ** 31;
  const divisor = 2 ** -shift;
  const half = divisor / 2;
  return (x) => {
    const sum = x * factor + 0.5;
    const high = Math.floor(sum);
    const above = sum - high;
    if (above < NEAR_TIE || above > 1 - NEAR_TIE) return scaleDouble(x, fixed);
    return high < 0 ? -Math.floor((half - high) / divisor) : Math.floor((high + half) / divisor);
  };
}

function scaleDouble(x: number, { multiplier, shift }: FixedMultiplier): number {
  if (shift > 0) return roundingDoublingHighMul(saturatingLeftShift(x, shift), multiplier);
  return roundingDivideByPowerOfTwo(roundingDoublingHighMul(x, multiplier), -shift);
}

/**
 * floor((x m + 2^(30 - shift)) / 2^(31 - shift)). With x m = 2^31 h + l, 0 <= l < 2^31: for shift < 0 the bits of l are
 * below the rounding position; for shift >= 0 the result is 2^shift h + floor((l + 2^(30 - shift)) / 2^(31 - shift)).
 */
function scaleSingle(x: number, { multiplier, shift }: FixedMultiplier): number {
  const product = x * (multiplier >> 16);
  const p = Math.floor(product / 2 ** 15);
  const rest = (product - p * 2 ** 15) * 2 ** 16 + x * (multiplier & 0xffff);
  const carry = Math.floor(rest / 2 ** 31);
  const high = p + carry;
  if (shift < 0) return Math.floor((high + 2 ** (-shift - 1)) / 2 ** -shift);
  const low = rest - carry * 2 ** 31;
  const result = high * 2 ** shift + Math.floor((low + 2 ** (30 - shift)) / 2 ** (31 - shift));
  return Math.min(Math.max(result, INT32_MIN), INT32_MAX);
}

/** The multiplier of `scaleWide`, rounded to 15 bits. */
export function reducedMultiplier({ multiplier }: FixedMultiplier): number {
  return multiplier < 0x7fff0000 ? (multiplier + (1 << 15)) >> 16 : 0x7fff;
}

/**
 * TFLite's 64-bit MultiplyByQuantizedMultiplier, for the accumulators of 16-bit layers: the multiplier reduced to 15 bits,
 * floor((x r + 2^(14 - shift)) / 2^(15 - shift)), saturated to int32. |x| < 2^47, shift < 8.
 */
export function scaleWide(x: number, fixed: FixedMultiplier): number {
  const reduced = reducedMultiplier(fixed);
  const total = 15 - fixed.shift;
  const exact = Math.abs(x) <= 2 ** 37;
  const result = exact
    ? Math.floor((x * reduced + 2 ** (total - 1)) / 2 ** total)
    : Number((BigInt(x) * BigInt(reduced) + (1n << BigInt(total - 1))) >> BigInt(total));
  return Math.min(Math.max(result, INT32_MIN), INT32_MAX);
}
