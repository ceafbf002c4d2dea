import { allocate, CompileError, type Tensor, type TensorType, toNumbers } from '@ghostc/ir';
import { oneOf } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { integerRange } from '../integer-range.ts';
import { roundHalfAway } from '../round-half-away.ts';
import { outputAffine, outputQuantAttrs, quantizedTensor, quantizedType } from './quantized-type.ts';
import { defaultRounding, roundings } from './requantize.ts';

/**
 * Float32 to integers, per tensor: y = clamp(round(x / y_scale) + y_zero_point), the quotient rounded to float32, then
 * ties away from zero, as TFLite QUANTIZE (ONNX QuantizeLinear rounds ties to even). NaN gives the lowest value. `rounding` says nothing about floats:
 * it is how an integer op requantises that this node and the float op before it become.
 */
export const quantizeLinear = defineOp({
  name: 'quantize_linear',
  inputs: ['x'],
  attrs: { ...outputQuantAttrs, rounding: oneOf(roundings, defaultRounding) },
  traits: ['integer'],
  infer({ x }, attrs) {
    if (x.dtype !== 'f32') throw new CompileError('op/dtype', `x expects f32, found ${x.dtype}`);
    return quantizedType(x.shape, attrs);
  },
  evaluate({ x }, attrs, [type]) {
    const { scale, zeroPoint } = outputAffine(attrs);
    const [low, high] = integerRange(attrs.y_dtype);
    const limit = (v: number): number =>
      v > low - zeroPoint ? Math.min(v, high - zeroPoint) : low - zeroPoint;
    return quantized(x, type as TensorType, (v) => limit(roundHalfAway(Math.fround(v / scale))) + zeroPoint);
  },
});

function quantized(x: Tensor, type: TensorType, formula: (v: number) => number): Tensor {
  const source = toNumbers(x);
  const data = allocate(type.dtype, source.length) as Int8Array;
  for (let i = 0; i < data.length; i++) data[i] = formula(source[i] as number);
  return quantizedTensor(type, x.shape, data);
}
