import { CompileError } from './compile-error.ts';
import { allocate, bitWidth, type DataOf, type DType, type TensorData } from './dtype.ts';
import { numElements } from './shape.ts';
import { decodeFloat, encodeFloat, isCodedFloat } from './small-float.ts';
import type { QuantParams, TensorType } from './tensor-type.ts';

/** A value in memory: row-major, images NCHW. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
  readonly quant?: QuantParams | undefined;
}

/** A tensor of `data`, which is not copied. Throws `tensor/size` unless it has as many elements as `shape`. */
export function tensor(dtype: DType, shape: readonly number[], data: TensorData): Tensor {
  const expected = numElements(shape);
  if (data.length === expected) return { dtype, shape, data };
  throw new CompileError(
    'tensor/size',
    `[${shape.join(',')}] has ${expected} elements, found data for ${data.length}`,
  );
}

/** A tensor of zeros. Throws `shape/too-large` if it has too many elements to count. */
export function zeros(dtype: DType, shape: readonly number[]): Tensor {
  return { dtype, shape, data: allocate(dtype, numElements(shape)) };
}

/** A float32 tensor from numbers. */
export function f32(shape: readonly number[], values: ArrayLike<number>): Tensor {
  return tensor('f32', shape, Float32Array.from(values));
}

/** An int64 tensor of rank 1 from numbers, as ONNX uses for shapes and axes. */
export function i64(values: readonly number[]): Tensor {
  return tensor(
    'i64',
    [values.length],
    BigInt64Array.from(values, (value) => BigInt(value)),
  );
}

/** The elements of a tensor that must have the given type; throws `tensor/dtype` if it has another. */
export function dataOf<D extends DType>({ dtype, data }: Tensor, expected: D): DataOf<D> {
  if (dtype === expected) return data as DataOf<D>;
  throw new CompileError('tensor/dtype', `expected elements of ${expected}, found ${dtype}`);
}

/** The type of a tensor: element type, shape, quantisation. */
export function tensorType({ dtype, shape, quant }: Tensor): TensorType {
  return quant ? { dtype, shape, quant } : { dtype, shape };
}

/**
 * The elements as numbers: coded floats (f16 and smaller) decoded, 64-bit integers rounded to the nearest
 * double. Copies only if necessary.
 */
export function toNumbers({
  dtype,
  data,
}: Tensor): Exclude<TensorData, BigInt64Array | BigUint64Array> | Float64Array {
  if (isCodedFloat(dtype)) return Float64Array.from(data as Uint16Array, (bits) => decodeFloat(dtype, bits));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  return data;
}

/**
 * Stores numbers as `dtype`: floats rounded to nearest even, integers wrapped modulo 2^bits, NaN and infinity
 * as integer 0; any non-zero number is true.
 */
export function fromNumbers(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Tensor {
  const data = allocate(dtype, numElements(shape));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < data.length; i++) data[i] = toBigInt(values[i] ?? 0);
  } else if (isCodedFloat(dtype)) {
    for (let i = 0; i < data.length; i++) data[i] = encodeFloat(dtype, values[i] ?? 0);
  } else if (bitWidth(dtype) < 8) {
    for (let i = 0; i < data.length; i++) data[i] = wrapBits(values[i] ?? 0, dtype);
  } else if (dtype === 'bool') {
    for (let i = 0; i < data.length; i++) data[i] = values[i] === 0 ? 0 : 1;
  } else {
    data.set(values);
  }
  return { dtype, shape, data };
}

/** The low bits of an integer, signed or not. */
function wrapBits(value: number, dtype: DType): number {
  const bits = bitWidth(dtype);
  const low = Math.trunc(value) & (2 ** bits - 1);
  return dtype.startsWith('i') && low >= 2 ** (bits - 1) ? low - 2 ** bits : low;
}

function toBigInt(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

/** The same elements under another shape of the same size; shares the data. */
export function reshaped(source: Tensor, shape: readonly number[]): Tensor {
  return { ...source, shape };
}
