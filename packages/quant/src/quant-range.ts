import type { DType, QuantParams } from '@ghostc/ir';
import { integerRange, roundHalfAway } from '@ghostc/ops';

/** Real values that the integers of a type are spread over. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export type ActivationDType = 'i8' | 'i16';

/** Smaller steps mean that a value is always zero. */
const SMALLEST_SCALE = 2 ** -40;

/**
 * Scale and zero point of an activation, per tensor. i8: asymmetric, low at -128 and high at 127; the range
 * is widened to include 0, which must be an integer. i16: symmetric, zero point 0, as TFLite's 16x8 kernels
 * require. Scales are float32 numbers, so that they are exact in ONNX and TFLite files.
 */
export function activationQuant({ low, high }: Range, dtype: ActivationDType): QuantParams {
  const [from, to] = [Math.min(low, 0), Math.max(high, 0)];
  if (dtype === 'i16') {
    const scale = float32Scale(Math.max(-from, to) / 32767);
    return { scale: [scale], zeroPoint: [0] };
  }
  const scale = float32Scale((to - from) / 255);
  // Adding 0 turns -0 into 0.
  const zeroPoint = Math.min(127, Math.max(-128, Math.round(-128 - from / scale))) + 0;
  return { scale: [scale], zeroPoint: [zeroPoint] };
}

/** The nearest float32 of a scale; `fallback` for a value that is always zero. */
export function float32Scale(scale: number, fallback = 1): number {
  return scale < SMALLEST_SCALE ? fallback : Math.fround(scale);
}

/** round(real / scale) + zero point within the type, as `quantize_linear` rounds. */
export function quantizeNumber(real: number, { scale, zeroPoint }: QuantParams, dtype: DType): number {
  const [low, high] = integerRange(dtype);
  const level = roundHalfAway(Math.fround(real / (scale[0] ?? 1))) + (zeroPoint[0] ?? 0);
  return Math.min(high, Math.max(low, level));
}
