import { allocate, CompileError, type Dim, stridesOf, type TensorType } from '@ghostc/ir';
import { float, int, oneOf } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { integerRange } from '../integer-range.ts';
import { normalAxis } from '../movement/movement.ts';
import { expOnNegativeValues, reciprocalOfSum } from './fixed-point-exp.ts';
import { quantizedFacts } from './quantized-facts.ts';
import { activationData, affineOf, outputAffine, quantizedTensor, quantizedType } from './quantized-type.ts';
import {
  type FixedMultiplier,
  quantizeMultiplier,
  roundingDivideByPowerOfTwo,
  roundingDoublingHighMul,
} from './requantize.ts';

/** Integer bits of the scaled differences x - max. */
const DIFFERENCE_BITS = 5;
/** Integer bits of the sum of exponentials. */
export const SUM_BITS = 12;

/**
 * TFLite SOFTMAX on 8-bit integers in the reference kernel's fixed-point arithmetic: differences to the maximum in Q5.26,
 * exponentials in Q0.31, their sum in Q12.19, its reciprocal by Newton's iteration. The output has the scale 1/256 and
 * the lowest value as zero point.
 */
export const qlinearSoftmax = defineOp({
  name: 'qlinear_softmax',
  inputs: ['x'],
  attrs: {
    axis: int(-1),
    beta: float(1),
    y_scale: float(1 / 256),
    y_zero_point: int(-128),
    y_dtype: oneOf(['i8', 'u8'], 'i8'),
  },
  traits: ['reduction', 'integer'],
  ...quantizedFacts,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  infer({ x }, attrs) {
    checkSize(x.shape[normalAxis(attrs.axis, x.shape.length)]);
    softmaxInput(x, attrs.beta);
    const [low] = integerRange(attrs.y_dtype);
    const { scale, zeroPoint } = outputAffine(attrs);
    if (scale !== 1 / 256 || zeroPoint !== low)
      throw new CompileError(
        'quant/softmax',
        `an output of ${attrs.y_dtype} expects the scale 1/256 and the zero point ${low}, found ${scale} and ${zeroPoint}`,
      );
    return quantizedType(x.shape, attrs);
  },
  evaluate({ x }, attrs, [type]) {
    const axis = normalAxis(attrs.axis, x.shape.length);
    const stride = stridesOf(x.shape)[axis] ?? 1;
    const size = x.shape[axis] ?? 1;
    const source = activationData(x);
    const data = allocate(attrs.y_dtype, source.length);
    const { exponentials, lowest } = exponentialTable(x, attrs.beta);
    const [low, high] = integerRange(attrs.y_dtype);
    for (let first = 0; first < data.length; first++) {
      if (Math.floor(first / stride) % size !== 0) continue;
      let top = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < size; i++) top = Math.max(top, source[first + i * stride] ?? 0);
      let sum = 0;
      for (let i = 0; i < size; i++)
        sum += roundingDivideByPowerOfTwo(
          exponentials[top - (source[first + i * stride] ?? 0)] ?? 0,
          SUM_BITS,
        );
      const { reciprocal, bits } = reciprocalOfSum(sum, SUM_BITS);
      for (let i = 0; i < size; i++) {
        const at = first + i * stride;
        const difference = top - (source[at] ?? 0);
        const value = roundingDivideByPowerOfTwo(
          roundingDoublingHighMul(reciprocal, exponentials[difference] ?? 0),
          bits + 31 - 8,
        );
        data[at] = difference > lowest ? low : Math.min(Math.max(value + low, low), high);
      }
    }
    return quantizedTensor(type, x.shape, data);
  },
});

/** Beyond 4095 equal elements the Q12.19 sum would overflow. */
function checkSize(size: Dim | undefined): void {
  if (typeof size === 'number' && size >= 2 ** SUM_BITS)
    throw new CompileError(
      'quant/softmax',
      `expected at most ${2 ** SUM_BITS - 1} elements along the axis, found ${size}`,
    );
}

/** The scaling of differences to Q5.26: M = beta sx 2^26, capped, as a fixed-point number. */
export function softmaxInput(x: TensorType, beta: number): FixedMultiplier {
  if (x.dtype === 'i16')
    throw new CompileError('quant/softmax', 'x expects i8 or u8, found i16; requantise it first');
  const real = Math.min(
    Math.fround(beta) * affineOf(x, 'x').scale * 2 ** (31 - DIFFERENCE_BITS),
    2 ** 31 - 1,
  );
  if (real <= 1)
    throw new CompileError(
      'quant/softmax',
      `the scale of x times beta expects more than 2^-26, found ${real * 2 ** -26}`,
    );
  return real >= 2 ** 30 ? capped(real) : quantizeMultiplier(real);
}

/** `quantizeMultiplier` for 2^30 to 2^31 - 1. */
function capped(real: number): FixedMultiplier {
  return { multiplier: Math.round(real), shift: 31 };
}

/**
 * exp(-d sx beta) in Q0.31 for the differences d = max - x from 0 to `lowest`, beyond which the exponential counts as 0.
 * Backends store it: 8-bit differences are 0 to 255.
 */
export function exponentialTable(x: TensorType, beta: number): { exponentials: Int32Array; lowest: number } {
  const { multiplier, shift } = softmaxInput(x, beta);
  const radius = Math.floor(((2 ** DIFFERENCE_BITS - 1) * 2 ** (31 - DIFFERENCE_BITS)) / 2 ** shift);
  const lowest = Math.min(radius, 255);
  const exponentials = Int32Array.from({ length: 256 }, (_, d) =>
    d > lowest ? 0 : expOnNegativeValues(roundingDoublingHighMul(-d * 2 ** shift, multiplier)),
  );
  return { exponentials, lowest };
}
