import type { Tensor } from '@ghostc/ir';
import { type Affine, affineOf, outputAffine } from './quantized-type.ts';
import type { ReferenceTable } from './reference-tables.ts';
import { quantizeMultiplier, scaleBy } from './requantize.ts';

/**
 * An int8 function that is a line between the ends of int8, computed as a layer with one weight: y = clamp(M
 * (w (x - zx) + b) + zy), M = sx scale / sy. TFLite has no operator for hard-sigmoid; a depthwise convolution
 * of one tap gives these entries.
 */
export interface Line {
  /** int8. */
  readonly weight: number;
  /** int32, in units of sx scale. */
  readonly bias: number;
  /** Of the weight. */
  readonly scale: number;
}

/** The line alpha x + beta with the largest possible weight. */
export function lineThrough(
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
  x: Affine,
): Line {
  const scale = Math.fround(Math.abs(alpha) / 127);
  return { weight: 127 * Math.sign(alpha), scale, bias: Math.round(beta / (x.scale * scale)) };
}

/** Entries of a line for int8 of -128 to 127, rounded as TFLite's layers do. */
export function lineEntries({ weight, bias, scale }: Line, x: Affine, y: Affine): Int8Array {
  const fixed = quantizeMultiplier((x.scale * scale) / y.scale);
  return Int8Array.from({ length: 256 }, (_, i) => {
    const sum = weight * (i - 128 - x.zeroPoint) + bias;
    return Math.min(127, Math.max(-128, scaleBy(sum, fixed, 'double') + y.zeroPoint));
  });
}

/**
 * clamp(alpha x + beta, 0, 1) on int8, if the output's range is within 0 to 1, so that its limits are those
 * of the type.
 */
export const hardSigmoidTable =
  (line: { readonly alpha: number; readonly beta: number }): ReferenceTable =>
  (x, y): Tensor => {
    const [from, to] = [affineOf(x, 'x'), outputAffine(y)];
    const entries = lineEntries(lineThrough(line, from), from, to);
    const level = (real: number): number =>
      Math.min(127, Math.max(-128, Math.round(real / to.scale) + to.zeroPoint));
    const [low, high] = [level(0), level(1)];
    return { dtype: 'i8', shape: [256], data: entries.map((entry) => Math.min(high, Math.max(low, entry))) };
  };
