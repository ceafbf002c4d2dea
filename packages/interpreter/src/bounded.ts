import { type DType, dataOf, type Tensor, toNumbers } from '@ghostc/ir';

/** A value in double precision (integers and 8-bit floats in their own type) with a bound on each element's error. */
export interface Bounded {
  readonly tensor: Tensor;
  /** null: every element is exact. */
  readonly error: Float64Array | null;
}

/** The types that arithmetic rounds to, by their unit roundoff. */
const units: Partial<Readonly<Record<DType, number>>> = {
  f64: 2 ** -53,
  f32: 2 ** -24,
  f16: 2 ** -11,
  bf16: 2 ** -8,
};

/** Half the distance from 1 to the next number of the type; 0 for types that arithmetic does not round to. */
export function unitRoundoff(dtype: DType): number {
  return units[dtype] ?? 0;
}

/** Float tensors in double precision; others unchanged. */
export function widened(tensor: Tensor): Tensor {
  if (tensor.dtype === 'f64' || units[tensor.dtype] === undefined) return tensor;
  return { dtype: 'f64', shape: tensor.shape, data: new Float64Array(toNumbers(tensor)) };
}

/**
 * A loop: `Float64Array.from` with a function takes ten times as long, which matters because every element
 * passes here.
 */
export function eachNumber(length: number, value: (i: number) => number): Float64Array {
  const result = new Float64Array(length);
  for (let i = 0; i < length; i++) result[i] = value(i);
  return result;
}

export function exactly(tensor: Tensor): Bounded {
  return { tensor: widened(tensor), error: null };
}

/** Half the distance of the smallest numbers above 0, by type: what storing a result may take from it in addition to the unit roundoff. */
export const smallest: Partial<Readonly<Record<DType, number>>> = {
  f64: 2 ** -1075,
  f32: 2 ** -150,
  f16: 2 ** -25,
  bf16: 2 ** -134,
};

/** |a - b|; 0 for equal infinities and for two NaN, infinite if only one is finite. */
export function difference(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  return Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) : Number.POSITIVE_INFINITY;
}

/** A tensor as the computation sees it once it is stored as `dtype`. */
export function storedAs(tensor: Tensor, dtype: DType): Bounded {
  const wide = widened(tensor);
  const error = Float64Array.from(toNumbers(wide), (v) =>
    Math.max(unitRoundoff(dtype) * Math.abs(Number(v)), smallest[dtype] ?? 0),
  );
  return { tensor: wide, error };
}

/** Errors as a tensor of the value's shape: zeros if there are none. */
export function errorTensor({ tensor, error }: Bounded): Tensor {
  const data = error ?? new Float64Array(tensor.data.length);
  return { dtype: 'f64', shape: tensor.shape, data };
}

/** |x|, plus `factor` times the error. */
export function magnitude({ tensor, error }: Bounded, factor = 0): Tensor {
  const data = new Float64Array(toNumbers(tensor));
  for (let i = 0; i < data.length; i++) data[i] = Math.abs(data[i] ?? 0);
  if (factor && error)
    for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) + factor * (error[i] ?? 0);
  return { dtype: 'f64', shape: tensor.shape, data };
}

/** x moved by `factor` times its error. */
export function shifted({ tensor, error }: Bounded, factor: number): Tensor {
  if (!error || tensor.dtype !== 'f64') return tensor;
  const data = Float64Array.from(dataOf(tensor, 'f64'), (v, i) => v + factor * (error[i] ?? 0));
  return { ...tensor, data };
}

/** gamma_n = n u / (1 - n u). */
export function gamma(n: number, unit: number): number {
  return n * unit < 1 ? (n * unit) / (1 - n * unit) : Number.POSITIVE_INFINITY;
}
