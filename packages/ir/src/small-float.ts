import type { DType } from './dtype.ts';
import { float16ToNumber, numberToFloat16, roundHalfToEven } from './float16.ts';

/** Layout of a small float: sign, exponent, fraction bits; exponent bias; meaning of the non-finite codes. */
interface Format {
  readonly exponent: number;
  readonly fraction: number;
  readonly bias: number;
  readonly signed: boolean;
  /** Largest finite value. */
  readonly max: number;
  /** Code of infinity without sign; absent: the format has none. */
  readonly infinity?: number;
  /** Code of NaN; absent: the format has none. */
  readonly nan?: number;
  /** Code 2^(bits-1) is NaN and there is no negative zero. */
  readonly unsignedZero?: boolean;
}

/** OCP 8-bit floats (FN), their FNUZ variants, OCP microscaling E8M0 and E2M1, bfloat16. */
const formats: Partial<Readonly<Record<DType, Format>>> = {
  bf16: {
    exponent: 8,
    fraction: 7,
    bias: 127,
    signed: true,
    max: 2 ** 127 * (2 - 2 ** -7),
    infinity: 0x7f80,
    nan: 0x7fc0,
  },
  f8e4m3fn: { exponent: 4, fraction: 3, bias: 7, signed: true, max: 448, nan: 0x7f },
  f8e4m3fnuz: { exponent: 4, fraction: 3, bias: 8, signed: true, max: 240, nan: 0x80, unsignedZero: true },
  f8e5m2: { exponent: 5, fraction: 2, bias: 15, signed: true, max: 57344, infinity: 0x7c, nan: 0x7f },
  f8e5m2fnuz: { exponent: 5, fraction: 2, bias: 16, signed: true, max: 57344, nan: 0x80, unsignedZero: true },
  f8e8m0: { exponent: 8, fraction: 0, bias: 127, signed: false, max: 2 ** 127, nan: 0xff },
  f4e2m1: { exponent: 2, fraction: 1, bias: 1, signed: true, max: 6 },
};

/** Whether elements of the type are stored as codes that `decodeFloat` reads. */
export function isCodedFloat(dtype: DType): boolean {
  return dtype === 'f16' || formats[dtype] !== undefined;
}

/** The largest finite value of a coded float; 65504 for f16. */
export function largestFloat(dtype: DType): number {
  return formats[dtype]?.max ?? 65504;
}

/** The value of a code. */
export function decodeFloat(dtype: DType, code: number): number {
  const format = formats[dtype];
  if (!format) return float16ToNumber(code);
  const { exponent, fraction, bias, signed, nan, infinity, unsignedZero } = format;
  const width = exponent + fraction;
  const magnitude = signed ? code & (2 ** width - 1) : code;
  const sign = signed && code >> width ? -1 : 1;
  if (unsignedZero && code === nan) return Number.NaN;
  if (infinity !== undefined && magnitude >= infinity) return magnitude === infinity ? sign * Infinity : NaN;
  if (!unsignedZero && magnitude === nan) return Number.NaN;
  if (dtype === 'f8e8m0') return 2 ** (code - bias);
  const power = magnitude >> fraction;
  const rest = magnitude & (2 ** fraction - 1);
  return power === 0
    ? sign * rest * 2 ** (1 - bias - fraction)
    : sign * (1 + rest / 2 ** fraction) * 2 ** (power - bias);
}

/**
 * What numbers beyond the largest value become. `overflow`: infinity; NaN if the format has no infinity; the
 * largest value if it has neither. `saturate`: the largest value (ONNX Cast's default for 8-bit floats;
 * infinity saturates too).
 */
export type Beyond = 'overflow' | 'saturate';

/** The code nearest to a value, ties to even. */
export function encodeFloat(dtype: DType, value: number, beyond: Beyond = 'overflow'): number {
  const format = formats[dtype];
  if (!format) return numberToFloat16(value);
  if (dtype === 'f8e8m0') return encodeScale(value);
  const { exponent, fraction, signed, nan } = format;
  const negative = signed && (value < 0 || Object.is(value, -0));
  const sign = negative ? 2 ** (exponent + fraction) : 0;
  if (Number.isNaN(value)) return nan ?? sign;
  const magnitude = magnitudeCode(format, Math.abs(value), beyond);
  if (format.unsignedZero) return magnitude === 0 ? 0 : magnitude === nan ? magnitude : sign | magnitude;
  return sign | magnitude;
}

function magnitudeCode(format: Format, value: number, beyond: Beyond): number {
  const { fraction, bias, max, infinity, nan } = format;
  const largest = beyond === 'saturate' ? undefined : (infinity ?? nan);
  const step = 2 ** (Math.max(floorLog2(value), 1 - bias) - fraction);
  const rounded = Number.isFinite(value) ? roundHalfToEven(value / step) * step : value;
  if (rounded > max) {
    return largest ?? magnitudeCode(format, max, 'overflow');
  }
  const power = Math.max(floorLog2(rounded), 1 - bias);
  const steps = rounded / 2 ** (power - fraction);
  return steps < 2 ** fraction ? steps : ((power + bias - 1) << fraction) + steps;
}

function floorLog2(value: number): number {
  if (value === 0) return -2000;
  const guess = Math.floor(Math.log2(value));
  if (2 ** guess > value) return guess - 1;
  return 2 ** (guess + 1) <= value ? guess + 1 : guess;
}

/** E8M0 holds powers of two; ONNX rounds up to the next one by default. */
function encodeScale(value: number): number {
  if (Number.isNaN(value) || value < 0) return 0xff;
  const power = floorLog2(value);
  const up = value === 2 ** power ? power : power + 1;
  return Math.min(Math.max(up, -127), 127) + 127;
}
