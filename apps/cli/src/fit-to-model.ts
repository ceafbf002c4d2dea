import {
  CompileError,
  fromNumbers,
  isFloat,
  numElements,
  type QuantParams,
  roundHalfToEven,
  type Tensor,
  type TensorType,
  toNumbers,
} from '@ghostc/ir';

/** Where a tensor came from, and what it is in the model. */
export interface Place {
  readonly file: string;
  readonly kind: 'input' | 'output';
  readonly name: string;
}

/**
 * A tensor in the type that the model declares: its shape (symbolic dimensions match any size) and its
 * element type. A quantised integer may be given as the floats that it represents; a float of another type as
 * float32 with the same numbers, such as bfloat16, which NumPy does not have. Throws `data/shape` and
 * `data/type`.
 */
export function fitToModel(tensor: Tensor, type: TensorType, place: Place): Tensor {
  checkShape(tensor, type, place);
  if (tensor.dtype === type.dtype) return tensor;
  if (type.quant && isFloat(tensor.dtype) && !isFloat(type.dtype)) return quantized(tensor, type, type.quant);
  const same = tensor.dtype === 'f32' && isFloat(type.dtype) ? sameNumbers(tensor, type) : undefined;
  if (same) return same;
  throw new CompileError(
    'data/type',
    `${place.kind} ${place.name} expects ${type.dtype}, found ${tensor.dtype}${hintFor(tensor, type)}`,
    { file: place.file },
  );
}

function checkShape({ shape }: Tensor, type: TensorType, { kind, name, file }: Place): void {
  const fits =
    shape.length === type.shape.length &&
    shape.every((size, axis) => typeof type.shape[axis] === 'string' || size === type.shape[axis]);
  if (fits) return;
  throw new CompileError(
    'data/shape',
    `${kind} ${name} expects [${type.shape.join(',')}], found [${shape.join(',')}]`,
    { file },
  );
}

function hintFor({ dtype }: Tensor, type: TensorType): string {
  return dtype === 'f64' && type.dtype === 'f32' ? '; save with .astype(numpy.float32)' : '';
}

function sameNumbers(tensor: Tensor, { dtype }: TensorType): Tensor | undefined {
  const numbers = toNumbers(tensor);
  const converted = fromNumbers(dtype, tensor.shape, numbers);
  const found = toNumbers(converted);
  return found.every((v: number | bigint, i: number) => Object.is(v, numbers[i])) ? converted : undefined;
}

/** round(x / scale) + zero point, within the type, per tensor. */
function quantized(tensor: Tensor, { dtype }: TensorType, { scale, zeroPoint }: QuantParams): Tensor {
  const [step = 1, zero = 0] = [scale[0], zeroPoint[0]];
  const bits = Number(dtype.slice(1));
  const low = dtype.startsWith('u') ? 0 : -(2 ** (bits - 1));
  const values = new Float64Array(numElements(tensor.shape));
  toNumbers(tensor).forEach((v: number | bigint, i: number) => {
    values[i] = Math.min(Math.max(roundHalfToEven(Number(v) / step) + zero, low), low + 2 ** bits - 1);
  });
  return fromNumbers(dtype, tensor.shape, values);
}
