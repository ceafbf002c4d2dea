import { fromNumbers, type Tensor, type TensorData, toNumbers, type Value } from '@ghostc/ir';

/** The data of a value that a pattern matched as constant. */
export function constantData(value: Value): Tensor {
  if (!value.constant) throw new TypeError(`%${value.name} is not constant`);
  return value.constant;
}

/** The elements of a constant as numbers. */
export function numbersOf(value: Value): ArrayLike<number> {
  return toNumbers(constantData(value));
}

/** The one number of a constant with a single element; undefined for larger ones. */
export function scalarOf(value: Value | undefined): number | undefined {
  const tensor = value?.constant;
  return tensor && tensor.data.length === 1 ? Number(toNumbers(tensor)[0]) : undefined;
}

/** The weight with each output channel (axis 0) multiplied by its factor. */
export function scaleChannels(weight: Tensor, factors: ArrayLike<number>): Tensor {
  const scaled = Float64Array.from(toNumbers(weight));
  const inner = scaled.length / (weight.shape[0] || 1);
  for (let i = 0, channel = 0; i < scaled.length; channel++) {
    const factor = factors[channel] ?? 1;
    for (const end = i + inner; i < end; i++) scaled[i] = (scaled[i] ?? 0) * factor;
  }
  return fromNumbers(weight.dtype, weight.shape, scaled);
}

/** Elements `from` to `to` of axis 0. */
export function sliceChannels(tensor: Tensor, from: number, to: number): Tensor {
  const inner = tensor.data.length / (tensor.shape[0] || 1);
  return {
    ...tensor,
    shape: [to - from, ...tensor.shape.slice(1)],
    data: tensor.data.slice(from * inner, to * inner),
  };
}

/** A vector of `length` numbers made by `formula`, in the element type of `like`. */
export function vector(like: Tensor, length: number, formula: (i: number) => number): Tensor {
  return fromNumbers(
    like.dtype,
    [length],
    Float64Array.from({ length }, (_, i) => formula(i)),
  );
}

const made = new WeakMap<TensorData, Map<string, Tensor>>();

/** Derives a value from a constant, once for all its readers; `key` identifies the derivation. */
export function ofShared(value: Value, key: string, make: () => Tensor): Tensor {
  if (value.users.size <= 1) return make();
  const { data } = constantData(value);
  const known = made.get(data) ?? new Map<string, Tensor>();
  made.set(data, known);
  const tensor = known.get(key) ?? make();
  known.set(key, tensor);
  return tensor;
}
