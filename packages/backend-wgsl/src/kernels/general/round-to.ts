import type { Beyond, DType } from '@ghostc/ir';
import type { Step } from '../../kernel.ts';

/** Bits of fraction, smallest exponent, largest value, bits of what lies beyond (inf, NaN, or the largest). */
const formats: Partial<Readonly<Record<DType, readonly [number, number, number, string]>>> = {
  f16: [10, -14, 65504, '0x7f800000u'],
  bf16: [7, -126, 3.3895313892515355e38, '0x7f800000u'],
  f8e4m3fn: [3, -6, 448, '0x7fc00000u'],
  f8e4m3fnuz: [3, -7, 240, '0x7fc00000u'],
  f8e5m2: [2, -14, 57344, '0x7f800000u'],
  f8e5m2fnuz: [2, -15, 57344, '0x7fc00000u'],
  f4e2m1: [1, 0, 6, ''],
};

const roundFloat = `fn round_float(x: f32, fraction: i32, low: i32, largest: f32, beyond: f32) -> f32 {
let bits = bitcast<u32>(x);
let size = bits & 0x7fffffffu;
if (size == 0u || size > 0x7f800000u) {
return x;
}
var r = beyond;
if (size < 0x7f800000u) {
let a = bitcast<f32>(size);
let e = max(i32(size >> 23u) - 127, low) - fraction;
let rounded = ldexp(round(ldexp(a, -e)), e);
r = select(rounded, beyond, rounded > largest);
}
return select(r, -r, (bits >> 31u) == 1u);
}`;

/** Expression that rounds `v` to a value of a type; undefined if it already is one. */
export function roundedTo(
  dtype: DType,
  beyondLargest: Beyond = 'overflow',
): { expression: string; functions: readonly string[] } | undefined {
  const format = formats[dtype];
  if (format) {
    const [fraction, low, largest, bits] = format;
    const beyond =
      beyondLargest === 'saturate' || bits === ''
        ? `f32(${largest})`
        : `bitcast<f32>(${bits} + u32(min(COUNT, 0)))`;
    return {
      expression: `round_float(v, ${fraction}, ${low}, f32(${largest}), ${beyond})`,
      functions: [roundFloat],
    };
  }
  if (dtype === 'bool') return { expression: 'select(1.0, 0.0, v == 0.0)', functions: [] };
  const bits = Number(dtype.slice(1));
  if (!(bits <= 16)) return undefined;
  const half = dtype.startsWith('i') ? 2 ** (bits - 1) : 0;
  const t = 'trunc(v)';
  return { expression: `${t} - ${2 ** bits}.0 * floor((${t} + ${half}.0) / ${2 ** bits}.0)`, functions: [] };
}

/** An additional dispatch that rounds an op's output to the type that it represents. */
export function roundStep(dtype: DType, y: number, count: number): Step[] {
  const rounding = dtype === 'f32' || dtype === 'bool' ? undefined : roundedTo(dtype);
  if (!rounding) return [];
  return [
    {
      id: `round_${dtype}`,
      arena: 'f32',
      weights: 'f32',
      functions: rounding.functions,
      body: `let v = arena[Y_AT + item];\narena[Y_AT + item] = ${rounding.expression};`,
      ints: { Y_AT: y },
      count,
    },
  ];
}
