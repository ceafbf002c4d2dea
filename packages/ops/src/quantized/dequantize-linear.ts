import { CompileError, numElements, type QuantParams, type Shape, type Tensor, toNumbers } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { quantizedFacts } from './quantized-facts.ts';

const integers = new Set(['i8', 'u8', 'i16', 'i32']);

/** Integers to float32 by the quantisation in the type of x: y = scale (x - zero point), rounded once; per axis allowed. */
export const dequantizeLinear = defineOp({
  name: 'dequantize_linear',
  inputs: ['x'],
  attrs: {},
  traits: ['integer'],
  ...quantizedFacts,
  error: { kind: 'unbounded' },
  storage: 'own',
  rows: 'none',
  channels: 'same',
  infer({ x }) {
    if (!integers.has(x.dtype) || !x.quant)
      throw new CompileError(
        'quant/dequantize',
        `x expects quantised integers, found ${x.dtype}${x.quant ? '' : ' without quantisation'}`,
      );
    checkAxis(x.shape, x.quant);
    return { dtype: 'f32', shape: x.shape };
  },
  evaluate: ({ x }) => ({ dtype: 'f32', shape: x.shape, data: dequantized(x) }),
});

function checkAxis(shape: Shape, { scale, zeroPoint, axis }: QuantParams): void {
  const expected = axis === undefined ? 1 : shape[axis];
  if (scale.length === expected && zeroPoint.length === expected) return;
  throw new CompileError(
    'quant/axis',
    `[${shape.join(',')}] expects ${expected} scales${axis === undefined ? '' : ` along axis ${axis}`}, found ${scale.length}`,
  );
}

/** The real values of a quantised tensor. */
function dequantized({ quant, ...x }: Tensor): Float32Array {
  const { scale, zeroPoint, axis } = quant ?? { scale: [1], zeroPoint: [0] };
  const inner = axis === undefined ? 1 : numElements(x.shape.slice(axis + 1));
  const levels = toNumbers(x);
  const reals = new Float32Array(levels.length);
  const each = axis === undefined ? Math.max(1, reals.length) : inner;
  for (let first = 0; first < reals.length; first += each) {
    const at = axis === undefined ? 0 : (first / each) % scale.length;
    const [unit, zero] = [Math.fround(scale[at] ?? 1), zeroPoint[at] ?? 0];
    for (let i = first; i < first + each; i++) reals[i] = unit * ((levels[i] ?? 0) - zero);
  }
  return reals;
}
