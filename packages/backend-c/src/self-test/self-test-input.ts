import {
  CompileError,
  type DType,
  fromNumbers,
  mulberry32,
  numElements,
  staticShape,
  type Tensor,
  type TensorType,
} from '@ghostc/ir';

/** One draw of 32 bits as an element, the same in C and here. */
interface Draw {
  /** C expression of the element, from the `uint32_t` expression `bits`. */
  readonly text: (bits: string, type: string) => string;
  readonly value: (bits: number) => number;
}

const whole = (size: number, low: number): Draw => ({
  text: (bits, type) =>
    `(${type})${low ? `((int32_t)(${bits} >> ${32 - size}) - ${-low})` : `(${bits} >> ${32 - size})`}`,
  value: (bits) => Math.floor(bits / 2 ** (32 - size)) + low,
});

/** Multiples of 2^-23 in [-1, 1): exact in float32. */
const unit: Draw = {
  text: (bits, type) =>
    `(${type})((int32_t)(${bits} >> 8) - 8388608) / 8388608${type === 'float' ? '.0f' : '.0'}`,
  value: (bits) => Math.floor(bits / 2 ** 8) / 2 ** 23 - 1,
};

/** 0..200, from `low` on. */
const small = (low: number): Draw => ({
  text: (bits, type) => `(${type})((int32_t)((${bits} >> 16) * 201u >> 16) - ${-low})`,
  value: (bits) => Math.floor((Math.floor(bits / 2 ** 16) * 201) / 2 ** 16) + low,
});

const draws: { readonly [D in DType]?: Draw } = {
  f32: unit,
  f64: unit,
  i8: whole(8, -128),
  u8: whole(8, 0),
  i16: whole(16, -32768),
  u16: whole(16, 0),
  i32: small(-100),
  i64: small(-100),
  u32: small(0),
  u64: small(0),
  bool: whole(1, 0),
};

function drawOf(dtype: DType): Draw {
  const draw = draws[dtype];
  if (draw) return draw;
  throw new CompileError(
    'backend-c/self-test',
    `there is no self-test for elements of ${dtype}; expected ${Object.keys(draws).join(', ')}`,
  );
}

/** What a self-test gives to input `index`. Throws `backend-c/self-test` for types that have none. */
export function selfTestInput({ dtype, shape, quant }: TensorType, index: number): Tensor {
  const { value } = drawOf(dtype);
  const next = mulberry32(index + 1);
  const values = Float64Array.from({ length: numElements(shape) }, () => value(next() * 2 ** 32));
  const tensor = fromNumbers(dtype, staticShape(shape), values);
  return quant ? { ...tensor, quant } : tensor;
}

/** C expression of the next element, with `bits` a call that gives 32 bits. */
export function elementText(dtype: DType, type: string, bits: string): string {
  return drawOf(dtype).text(bits, type);
}
