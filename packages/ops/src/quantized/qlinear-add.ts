import { CompileError, type TensorType } from '@ghostc/ir';
import { quantizedPair } from './quantized-pair.ts';
import { affineOf, outputAffine, type Requantized, requantizer } from './quantized-type.ts';
import { type FixedMultiplier, quantizeMultiplier, type Scaler, scaler } from './requantize.ts';

/** Defines a sum or difference; `sign` is that of b. */
function sum<const N extends string>(name: N, sign: 1 | -1) {
  return quantizedPair({
    name,
    factors: sumMultipliers,
    formula({ shift, left, right, out }, attrs) {
      const finish = requantizer(out, attrs);
      const [a, b] = [left, right].map((fixed) => scaler(fixed, attrs.rounding)) as [Scaler, Scaler];
      const unit = 2 ** shift;
      return (p, q) => finish(a(p * unit) + sign * b(q * unit));
    },
  });
}

/**
 * TFLite ADD: both operands are shifted left by 20 bits (15 for 16-bit ones) and scaled to twice the larger input scale
 * t = 2 max(sa, sb); y = clamp(Mo (Ma (a - za) 2^20 + Mb (b - zb) 2^20) + zy), Ma = sa / t, Mb = sb / t, Mo = t / (2^20 sy).
 */
export const qlinearAdd = sum('qlinear_add', 1);
/** TFLite SUB: as `qlinear_add`, with the second term subtracted. */
export const qlinearSub = sum('qlinear_sub', -1);

/** Fixed-point factors of a quantised sum: both operands to a common scale, their sum to that of the output. */
export interface SumMultipliers {
  /** Bits that both operands are shifted left. */
  readonly shift: number;
  readonly left: FixedMultiplier;
  readonly right: FixedMultiplier;
  readonly out: FixedMultiplier;
}

/** Throws `quant/multiplier` when the output is so fine that Mo would be 1 or more. */
export function sumMultipliers(a: TensorType, b: TensorType, attrs: Requantized): SumMultipliers {
  const [sa, sb] = [affineOf(a, 'a').scale, affineOf(b, 'b').scale];
  const shift = a.dtype === 'i16' || b.dtype === 'i16' ? 15 : 20;
  const twice = 2 * Math.max(sa, sb);
  const real = twice / (2 ** shift * outputAffine(attrs).scale);
  if (real >= 1)
    throw new CompileError(
      'quant/multiplier',
      `y_scale expects more than ${twice / 2 ** shift} for inputs of scale ${sa} and ${sb}, found ${attrs.y_scale}`,
    );
  return {
    shift,
    left: quantizeMultiplier(sa / twice),
    right: quantizeMultiplier(sb / twice),
    out: quantizeMultiplier(real),
  };
}
