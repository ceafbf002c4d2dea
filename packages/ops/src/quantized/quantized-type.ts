import {
  CompileError,
  type DType,
  dataOf,
  type QuantParams,
  type Shape,
  type Tensor,
  type TensorData,
  type TensorType,
} from '@ghostc/ir';
import { epilogue, float, int, ints, oneOf } from '../attr-spec.ts';
import { integerRange } from '../integer-range.ts';
import { defaultRounding, type FixedMultiplier, type Rounding, roundings, scaler } from './requantize.ts';

/** Element types of quantised activations. 16-bit ones have the zero point 0, as TFLite's int16x8. */
export const activationTypes = ['i8', 'u8', 'i16'] as const;
/** Element type of a quantised activation. */
export type ActivationType = (typeof activationTypes)[number];

/** Scale, zero point and type of an output, quantised per tensor: real = y_scale (y - y_zero_point). */
export const outputQuantAttrs = {
  y_scale: float(),
  y_zero_point: int(0),
  y_dtype: oneOf(activationTypes, 'i8'),
} as const;

/**
 * A requantised output: a fused activation as bounds in the quantised domain (the type's range if empty), and
 * the rounding.
 */
export const requantizedAttrs = {
  ...outputQuantAttrs,
  clamp: epilogue(ints([])),
  rounding: oneOf(roundings, defaultRounding),
} as const;

/** Scale, zero point and element type of the output of a quantised op. */
export interface OutputQuant {
  readonly y_scale: number;
  readonly y_zero_point: number;
  readonly y_dtype: ActivationType;
}

export interface RoundedQuant extends OutputQuant {
  readonly rounding: Rounding;
}

/** The same with rounding and clamp: the attributes of an op that requantises its sums. */
export interface Requantized extends RoundedQuant {
  readonly clamp: readonly number[];
}

/** The type of an output; throws `quant/output` for an invalid scale or zero point. */
export function quantizedType(shape: Shape, { y_scale, y_zero_point, y_dtype }: OutputQuant): TensorType {
  checkQuant({ scale: [y_scale], zeroPoint: [y_zero_point] }, y_dtype, 'y');
  return { dtype: y_dtype, shape, quant: { scale: [y_scale], zeroPoint: [y_zero_point] } };
}

/** Like `quantizedType`, with the bounds of the fused activation checked. */
export function requantizedType(shape: Shape, attrs: Requantized): TensorType {
  clampRange(attrs);
  return quantizedType(shape, attrs);
}

/** Bounds of the output in the quantised domain. Throws `quant/clamp`. */
export function clampRange({
  clamp,
  y_dtype,
}: Pick<Requantized, 'clamp' | 'y_dtype'>): readonly [number, number] {
  const [low, high] = integerRange(y_dtype);
  if (clamp.length === 0) return [low, high];
  const [from = Number.NaN, to = Number.NaN] = clamp;
  if (clamp.length === 2 && from >= low && to <= high && from <= to) return [from, to];
  throw new CompileError(
    'quant/clamp',
    `clamp expects [lo,hi] within ${low} to ${high}, found [${clamp.join(',')}]`,
  );
}

function checkQuant({ scale, zeroPoint }: QuantParams, dtype: DType, what: string): void {
  const [low, high] = integerRange(dtype);
  const badScale = scale.find((s) => !(Math.fround(s) > 0 && Math.fround(s) < Number.POSITIVE_INFINITY));
  if (badScale !== undefined)
    throw new CompileError(
      'quant/scale',
      `the scale of ${what} expects a positive float32, found ${badScale}`,
    );
  const badZero = zeroPoint.find((z) => z < low || z > high || (dtype === 'i16' && z !== 0));
  if (badZero !== undefined)
    throw new CompileError(
      'quant/zero-point',
      `the zero point of ${what} expects ${dtype === 'i16' ? '0 (i16)' : `${low} to ${high}`}, found ${badZero}`,
    );
}

/** A u8 tensor as the same numbers in i8: elements and zero points minus 128. */
export function signedTensor({ shape, quant, ...tensor }: Tensor): Tensor {
  const data = Int8Array.from(dataOf({ shape, ...tensor }, 'u8'), (v) => v - 128);
  const signed = quant && { ...quant, zeroPoint: quant.zeroPoint.map((zero) => zero - 128) };
  return { dtype: 'i8', shape, data, ...(signed && { quant: signed }) };
}

/** real = scale (q - zeroPoint). */
export interface Affine {
  /** Rounded to float32, as every scale is. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Per-tensor quantisation of an activation. Throws `quant/activation` if there is none. */
export function affineOf(type: TensorType, what: string): Affine {
  const { dtype, quant } = type;
  if (
    !activationTypes.some((known) => known === dtype) ||
    quant?.scale.length !== 1 ||
    quant.axis !== undefined
  )
    throw new CompileError(
      'quant/activation',
      `${what} expects ${activationTypes.join(', ')} quantised per tensor, found ${dtype} ${quant ? 'quantised per axis' : 'without quantisation'}`,
    );
  checkQuant(quant, dtype, what);
  return { scale: Math.fround(quant.scale[0] ?? 0), zeroPoint: quant.zeroPoint[0] ?? 0 };
}

/** Whether two quantisations represent the same numbers. */
export function sameAffine(a: Affine, b: Affine): boolean {
  return a.scale === b.scale && a.zeroPoint === b.zeroPoint;
}

/** Scale and zero point that an op gives its output, the scale rounded to float32. Throws as `quantizedType`. */
export function outputAffine(attrs: OutputQuant): Affine {
  const { y_scale, y_zero_point } = attrs;
  quantizedType([], attrs);
  return { scale: Math.fround(y_scale), zeroPoint: y_zero_point };
}

/** The elements of a quantised activation. */
export function activationData(x: Tensor): Int8Array | Uint8Array | Int16Array {
  return x.data as Int8Array | Uint8Array | Int16Array;
}

/** A tensor of the given type around its data. */
export function quantizedTensor(type: TensorType, shape: readonly number[], data: TensorData): Tensor {
  return { dtype: type.dtype, shape, data, quant: type.quant };
}

/**
 * From an int32 accumulator to an output element: scaled, then limited before the zero point is added, so
 * that no sum overflows int32: min(max(scaled, lo - z), hi - z) + z.
 */
export function requantizer(fixed: FixedMultiplier, attrs: Requantized): (accumulator: number) => number {
  const [limit, scaled] = [limiter(attrs), scaler(fixed, attrs.rounding)];
  return (accumulator) => limit(scaled(accumulator));
}

/** min(max(v, lo - z), hi - z) + z. */
export function limiter(attrs: Requantized): (value: number) => number {
  const [low, high] = clampRange(attrs);
  const zero = attrs.y_zero_point;
  return (value) => Math.min(Math.max(value, low - zero), high - zero) + zero;
}
