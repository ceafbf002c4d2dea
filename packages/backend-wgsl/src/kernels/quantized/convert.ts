import { type DType, numElements } from '@ghostc/ir';
import { attrsOf, integerRange, outputAffine, quantizeLinear, type Rounding } from '@ghostc/ops';
import { isPacked } from '../../is-packed.ts';
import type { Emit, Kernel } from '../../kernel.ts';
import { sourceOf } from '../operands.ts';
import { byteStep } from './byte-step.ts';
import { byteText } from './integer-text.ts';

/**
 * round(x / scale) with the quotient rounded to float32, whatever the device's division: k is a guess that may be off by one,
 * and `reaches(c)` decides exactly whether |x| / scale rounds to c = k + 1/2 or more. The scale is the sum of two numbers of
 * 12 bits, so that products with c are exact; h is half the distance of c to the float below, or above where only what
 * exceeds c goes up. Ties go away from zero, or (`single`) to even.
 */
const roundText = (rounding: Rounding): string => `fn reaches(a: f32, k: f32) -> bool {
let c = k + 0.5;
let strict = ${rounding === 'double' ? 'false' : '(i32(k) & 1) == 0'};
let bits = bitcast<u32>(c) & 0x7f800000u;
let h = bitcast<f32>(bits - select(0x0c000000u, 0x0c800000u, c == 0.5 && !strict));
let rest = (a - c * SCALE_HIGH) - c * SCALE_LOW;
return select(rest >= -(h * SCALE), rest > h * SCALE, strict);
}

fn quotient(x: f32) -> i32 {
let a = abs(x);
let k = floor(min(a / SCALE, 1000.0) + 0.5);
if (k >= 1000.0 || reaches(a, k)) {
return i32(k) + 1;
}
return i32(k) - select(1, 0, k < 1.0 || reaches(a, k - 1.0));
}`;

/** NaN gives the lowest value; it is detected by its bits, since comparisons with NaN may be optimised away. */
const quantizeValue = `fn value(e: i32) -> i32 {
let bits = arena[X_AT + e];
let magnitude = bits & 0x7fffffff;
if (magnitude > 0x7f800000) {
return LO + ZY;
}
let k = quotient(bitcast<f32>(magnitude));
return clamp(select(k, -k, bits < 0), LO, HI) + ZY;
}`;

export const quantize: Emit = ({ node, arena }) => {
  const attrs = attrsOf(quantizeLinear, node);
  const { scale, zeroPoint } = outputAffine(attrs);
  const high = upperBits(scale);
  const [low, top] = integerRange(attrs.y_dtype);
  return [
    byteStep({
      id: `quantize_linear_${attrs.rounding}`,
      functions: [roundText(attrs.rounding), quantizeValue],
      ints: { X_AT: arena(sourceOf(node, 0)), LO: low - zeroPoint, HI: top - zeroPoint, ZY: zeroPoint },
      floats: { SCALE: scale, SCALE_HIGH: high, SCALE_LOW: scale - high },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};

/** The 12 leading bits of a float32. */
function upperBits(value: number): number {
  const words = new Uint32Array(Float32Array.of(value).buffer);
  words[0] = (words[0] ?? 0) & 0xfffff000;
  return new Float32Array(words.buffer)[0] ?? 0;
}

/** y = scale (x - zero point), one element an invocation; scale and zero point of each slice of the axis from a table. */
export const dequantize: Emit = ({ node, arena, weights }) => {
  const x = sourceOf(node, 0);
  const { scale, zeroPoint, axis } = x.type.quant ?? { scale: [1], zeroPoint: [0] };
  const table = new Int32Array(scale.length * 2);
  const floats = new Float32Array(table.buffer);
  scale.forEach((value, i) => {
    floats[i * 2] = value;
    table[i * 2 + 1] = zeroPoint[i] ?? 0;
  });
  const count = numElements(x.type.shape);
  return [
    {
      id: `dequantize_linear_${x.type.dtype}`,
      arena: 'i32',
      weights: 'i32',
      functions: [byteText(x.type.dtype)],
      body: `let q = Q_AT + (item / INNER) % AXIS * 2;
let v = byte(X_AT + item) - weights[q + 1];
arena[Y_AT + item] = bitcast<i32>(bitcast<f32>(weights[q]) * f32(v));`,
      ints: {
        X_AT: arena(x) * 4,
        Y_AT: arena(node.output),
        Q_AT: weights(table),
        INNER: axis === undefined ? count : numElements(x.type.shape.slice(axis + 1)),
        AXIS: scale.length,
      },
      count,
    },
  ];
};

const wider: ReadonlySet<DType> = new Set(['f16', 'f32', 'i16', 'i32', 'i64']);

/** The integers themselves, for ConvInteger and similar; to types that can represent all of them. */
export const castBytes: Kernel = {
  accepts: (node) => isPacked(sourceOf(node, 0).type) && wider.has(node.output.type.dtype),
  emit({ node, arena }) {
    const x = sourceOf(node, 0);
    return [
      {
        id: `cast_bytes_${x.type.dtype}`,
        arena: 'i32',
        weights: 'i32',
        functions: [byteText(x.type.dtype)],
        body: 'arena[Y_AT + item] = bitcast<i32>(f32(byte(X_AT + item)));',
        ints: { X_AT: arena(x) * 4, Y_AT: arena(node.output) },
        count: numElements(x.type.shape),
      },
    ];
  },
};
