import { allocate, CompileError, type Tensor, type TensorType, toNumbers } from '@ghostc/ir';
import { oneOf } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { integerRange } from '../integer-range.ts';
import { quantizedFacts } from './quantized-facts.ts';
import { outputAffine, outputQuantAttrs, quantizedTensor, quantizedType } from './quantized-type.ts';
import { defaultRounding, roundings, ties } from './requantize.ts';

/**
 * Float32 to integers, per tensor: y = clamp(round(x / y_scale) + y_zero_point), the quotient rounded to
 * float32, NaN becomes the lowest value. Ties go away from zero if `rounding` is `double`, as TFLite
 * QUANTIZE; to even if it is `single`, as ONNX QuantizeLinear. The integer op made from this node and the
 * float op before it inherits `rounding`.
 */
export const quantizeLinear = defineOp({
  name: 'quantize_linear',
  inputs: ['x'],
  attrs: { ...outputQuantAttrs, rounding: oneOf(roundings, defaultRounding) },
  traits: ['integer'],
  ...quantizedFacts,
  error: { kind: 'quantized' },
  storage: 'own',
  rows: 'none',
  channels: 'same',
  infer({ x }, attrs) {
    if (x.dtype !== 'f32') throw new CompileError('op/dtype', `x expects f32, found ${x.dtype}`);
    return quantizedType(x.shape, attrs);
  },
  evaluate({ x }, attrs, [type]) {
    const { scale, zeroPoint } = outputAffine(attrs);
    const [low, high] = integerRange(attrs.y_dtype);
    const limit = (v: number): number =>
      v > low - zeroPoint ? Math.min(v, high - zeroPoint) : low - zeroPoint;
    const round = ties[attrs.rounding];
    return quantized(x, type, (v) => limit(round(Math.fround(v / scale))) + zeroPoint);
  },
});

function quantized(x: Tensor, type: TensorType, formula: (v: number) => number): Tensor {
  const source = toNumbers(x);
  const data = allocate(type.dtype, source.length);
  for (let i = 0; i < data.length; i++) data[i] = formula(source[i] ?? 0);
  return quantizedTensor(type, x.shape, data);
}
