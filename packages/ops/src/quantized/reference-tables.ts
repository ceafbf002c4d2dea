import { allocate, CompileError, type Tensor, type TensorType } from '@ghostc/ir';
import { integerRange } from '../integer-range.ts';
import { logisticQ4, tanhQ4 } from './fixed-point-exp.ts';
import { type Affine, affineOf, type OutputQuant, outputAffine } from './quantized-type.ts';
import {
  type FixedMultiplier,
  quantizeMultiplier,
  reducedMultiplier,
  roundingDivideByPowerOfTwo,
  scaleBy,
} from './requantize.ts';

/**
 * Tables for `qlinear_lookup` with what TFLite's reference kernels compute in fixed point for each 8-bit
 * input, bit for bit. `lookupTable` has what its table-based kernels compute in float32.
 */
export type ReferenceTable = (x: TensorType, y: OutputQuant) => Tensor;

/** 1 / (1 + exp(-x)): inputs in Q4.27, outputs of scale 1/256 from the lowest value up. */
export const logisticTable: ReferenceTable = (x, y) => {
  const [low] = integerRange(y.y_dtype);
  return saturatingTable(x, y, (q4) => roundingDivideByPowerOfTwo(logisticQ4(q4), 31 - 8) + low);
};

/** tanh(x): inputs in Q4.27, outputs of scale 1/128 about the middle. */
export const tanhTable: ReferenceTable = (x, y) => {
  const { zeroPoint } = outputAffine(y);
  return saturatingTable(x, y, (q4) => roundingDivideByPowerOfTwo(tanhQ4(q4), 31 - 7) + zeroPoint);
};

/** `inside` of x in Q4.27, M = sx 2^27 as a fixed-point number; the ends of the output's type from 15 or so on. */
function saturatingTable(x: TensorType, y: OutputQuant, inside: (q4: number) => number): Tensor {
  const [low, high] = integerRange(y.y_dtype);
  const fixed = quantizeMultiplier(affineOf(x, 'x').scale * 2 ** 27);
  const radius = Math.floor((15 * 2 ** 27) / 2 ** fixed.shift);
  return table(x, y, (v) => {
    if (v <= -radius) return low;
    return v >= radius ? high : inside(scaleBy(v, fixed, 'double'));
  });
}

/**
 * x min(max(x + 3, 0), 6) / 6 in 16-bit fixed point: the input in 128ths of its scale, the gate in 3/32768. Throws
 * `quant/multiplier` for an output scale below a 128th of the input's.
 */
export const hardSwishTable: ReferenceTable = (x, y) => {
  const { scale } = affineOf(x, 'x');
  const { scale: out, zeroPoint } = outputAffine(y);
  const fine = Math.fround(scale / 128);
  const output = quantizeMultiplier(Math.fround(fine / out));
  const gate = quantizeMultiplier(Math.fround(fine / Math.fround(3 / 32768)));
  if (output.shift > 0)
    throw new CompileError(
      'quant/multiplier',
      `hard-swish expects y_scale of at least ${fine}, found ${out}`,
    );
  return table(x, y, (v) => {
    const input = v * 128;
    const scaled = highMul16(input, reducedMultiplier(output));
    const product = Math.trunc((hardSwishGate(input, gate) * scaled) / 2 ** 15);
    return roundingDivideByPowerOfTwo(product, -output.shift) + zeroPoint;
  });
};

/** (clamp(x / 3, -1, 1) + 1) / 2 in Q0.15; the saturating shifts clamp. */
function hardSwishGate(input: number, { multiplier, shift }: FixedMultiplier): number {
  const reduced = reducedMultiplier({ multiplier, shift });
  let value = shift > 0 ? saturate16(input * 2 ** (shift - 1)) : input;
  value = highMul16(value, reduced);
  if (shift > 0) value = saturate16(value * 2);
  if (shift < 0) value = roundingDivideByPowerOfTwo(value, -shift);
  return Math.floor((value + 2 ** 15) / 2);
}

/** x for x >= 0, alpha x below, each side with a multiplier from quotients in float32. */
export const leakyReluTable =
  (alpha: number): ReferenceTable =>
  (x, y) => {
    const { scale } = affineOf(x, 'x');
    const { scale: out, zeroPoint } = outputAffine(y);
    const identity = quantizeMultiplier(Math.fround(scale / out));
    const below = Math.fround(Math.fround(scale * Math.fround(alpha)) / out);
    const slope = quantizeMultiplier(Math.abs(below));
    const sign = below < 0 ? -1 : 1;
    return table(x, y, (v) =>
      v >= 0 ? scaleBy(v, identity, 'double') + zeroPoint : sign * scaleBy(v, slope, 'double') + zeroPoint,
    );
  };

/** x limited to [lo, hi] of the output's integers, with a multiplier from a quotient in float32. */
export const clampTable =
  ([low, high]: readonly [number, number]): ReferenceTable =>
  (x, y) => {
    const { scale: out, zeroPoint } = outputAffine(y);
    const fixed = quantizeMultiplier(Math.fround(affineOf(x, 'x').scale / out));
    return table(x, y, (v) => Math.min(Math.max(scaleBy(v, fixed, 'double') + zeroPoint, low), high));
  };

/** One entry per value of x, computed from its distance to the zero point and limited to the output's type. */
function table(x: TensorType, { y_dtype }: OutputQuant, entry: (distance: number) => number): Tensor {
  const { zeroPoint }: Affine = affineOf(x, 'x');
  if (x.dtype === 'i16')
    throw new CompileError(
      'quant/table',
      'x expects i8 or u8, found i16: the reference kernels differ there',
    );
  const [first] = integerRange(x.dtype);
  const [low, high] = integerRange(y_dtype);
  const data = allocate(y_dtype, 256);
  for (let i = 0; i < 256; i++) data[i] = Math.min(Math.max(entry(first + i - zeroPoint), low), high);
  return { dtype: y_dtype, shape: [256], data };
}

/** round(a b / 2^15), ties up, of 16-bit numbers; the nudged division truncates. */
function highMul16(a: number, b: number): number {
  if (a === b && a === -(2 ** 15)) return 2 ** 15 - 1;
  const product = a * b;
  return Math.trunc((product + (product >= 0 ? 2 ** 14 : 1 - 2 ** 14)) / 2 ** 15);
}

function saturate16(v: number): number {
  return Math.min(Math.max(v, -(2 ** 15)), 2 ** 15 - 1);
}
