import { allocate, broadcastShapes, CompileError, type Tensor, type TensorType } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { pairsOf } from '../elementwise/binary.ts';
import { quantizedFacts } from './quantized-facts.ts';
import {
  activationData,
  affineOf,
  quantizedTensor,
  type Requantized,
  requantizedAttrs,
  requantizedType,
} from './quantized-type.ts';

interface QuantizedPair<N extends string, F> {
  readonly name: N;
  /** Fixed-point factors for operands of these types. Throws if there are none. */
  readonly factors: (a: TensorType, b: TensorType, attrs: Requantized) => F;
  /** The stored integer, from p = a - za and q = b - zb. */
  readonly formula: (factors: F, attrs: Requantized) => (p: number, q: number) => number;
}

/** An op of two quantised operands of one element type, with NumPy broadcasting. */
export function quantizedPair<const N extends string, F>({ name, factors, formula }: QuantizedPair<N, F>) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    attrs: requantizedAttrs,
    traits: ['elementwise', 'binary', 'integer'],
    ...quantizedFacts,
    storage: 'in-place',
    rows: 'same',
    channels: 'same',
    infer({ a, b }, attrs) {
      factors(a, b, attrs);
      return requantizedType(pairShape(a, b), attrs);
    },
    evaluate({ a, b }, attrs, [type]) {
      const [za, zb] = [affineOf(a, 'a').zeroPoint, affineOf(b, 'b').zeroPoint];
      const result = formula(factors(a, b, attrs), attrs);
      return zipIntegers([a, b], type, (x, y) => result(x - za, y - zb));
    },
  });
}

/** The broadcast shape of two quantised operands of one element type. */
function pairShape(a: TensorType, b: TensorType): TensorType['shape'] {
  if (a.dtype !== b.dtype)
    throw new CompileError('op/dtype', `expected operands of one type, found ${a.dtype} and ${b.dtype}`);
  return broadcastShapes(a.shape, b.shape);
}

/** `formula` on all pairs of elements. */
function zipIntegers(
  [a, b]: readonly [Tensor, Tensor],
  type: TensorType,
  formula: (p: number, q: number) => number,
): Tensor {
  const [left, right] = [activationData(a), activationData(b)];
  const { shape, count, indexA, indexB } = pairsOf(a, b, type);
  const data = allocate(type.dtype, count);
  for (let i = 0; i < data.length; i++) data[i] = formula(left[indexA(i)] ?? 0, right[indexB(i)] ?? 0);
  return quantizedTensor(type, shape, data);
}
