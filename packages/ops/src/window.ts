import { addDim, CompileError, type Dim, floorDivDim, type Shape, type TensorType } from '@ghostc/ir';

/** Geometry of a sliding window over the two spatial axes of NCHW. Pads: [top, left, bottom, right]. */
export interface Window {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

/** floor((in + pads - dilation * (kernel - 1) - 1) / stride) + 1, as ONNX Conv and pools define it. */
export function windowOutput(
  input: Dim,
  kernel: number,
  axis: 0 | 1,
  { strides, pads, dilations }: Window,
): Dim {
  const stride = strides[axis] ?? 1;
  const reach = (dilations[axis] ?? 1) * (kernel - 1) + 1;
  const room = addDim(input, (pads[axis] ?? 0) + (pads[axis + 2] ?? 0) - reach);
  if (typeof room === 'number' && room < 0)
    throw new CompileError(
      'op/window',
      `a window of ${reach} does not fit into ${input} with pads [${pads.join(',')}]`,
    );
  return addDim(floorDivDim(room, stride), 1);
}

/** The four dimensions of an image tensor; throws `op/rank` for another rank. */
export function imageShape(type: TensorType, what: string): readonly [Dim, Dim, Dim, Dim] {
  if (type.shape.length === 4) return type.shape as readonly [Dim, Dim, Dim, Dim];
  throw new CompileError('op/rank', `${what} expects NCHW (rank 4), found [${type.shape.join(',')}]`);
}

/** Four fixed numbers, for `evaluate`. */
export function image(shape: Shape): readonly [number, number, number, number] {
  return [Number(shape[0]), Number(shape[1]), Number(shape[2]), Number(shape[3])];
}

/** Two numbers of a pair attribute. */
export function pair(values: readonly number[]): readonly [number, number] {
  return [values[0] ?? 1, values[1] ?? 1];
}
