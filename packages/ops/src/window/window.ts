import { addDim, CompileError, type Dim, floorDivDim, type Shape, type TensorType } from '@ghostc/ir';

/**
 * Geometry of a sliding window over the two spatial axes of NCHW. Pads: [top, left, bottom, right]. A line
 * [N,C,L] is an image of height 1 written without that axis: ops with a window accept both, with the same
 * weights and attributes.
 */
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
  if (isImage(type.shape)) return type.shape;
  throw new CompileError('op/rank', `${what} expects NCHW (rank 4), found [${type.shape.join(',')}]`);
}

/** The four dimensions of an image, or of a line as an image of height 1; throws `op/rank` for another rank. */
export function planeShape(type: TensorType, what: string): readonly [Dim, Dim, Dim, Dim] {
  const { shape } = type;
  if (isLine(shape)) return widened(shape);
  if (isImage(shape)) return shape;
  throw new CompileError('op/rank', `${what} expects NCHW or NCL (rank 4 or 3), found [${shape.join(',')}]`);
}

const isLine = <D>(shape: readonly D[]): shape is readonly [D, D, D] => shape.length === 3;
const isImage = <D>(shape: readonly D[]): shape is readonly [D, D, D, D] => shape.length === 4;

function widened<D>([n, c, length]: readonly [D, D, D]): readonly [D, D, D | 1, D] {
  return [n, c, 1, length];
}

/**
 * The shape of a window op's output: a line again if x is one. Throws `op/line` if the output would not be
 * one.
 */
export function shapeLike(x: TensorType, [n, c, height, width]: readonly [Dim, Dim, Dim, Dim]): Dim[] {
  if (x.shape.length === 4) return [n, c, height, width];
  if (height === 1) return [n, c, width];
  throw new CompileError('op/line', `a window over a line [N,C,L] expects the height 1, found ${height}`);
}

/**
 * Throws `op/window` for attributes of the wrong length, and `op/line` for a window with a height over a
 * line.
 */
export function checkWindow(x: TensorType, kernelHeight: Dim, { strides, pads, dilations }: Window): void {
  if (strides.length !== 2 || pads.length !== 4 || dilations.length !== 2)
    throw new CompileError(
      'op/window',
      `a window expects 2 strides, 4 pads and 2 dilations, found ${strides.length}, ${pads.length} and ${dilations.length}`,
    );
  if (x.shape.length === 3 && (kernelHeight !== 1 || pads[0] || pads[2]))
    throw new CompileError(
      'op/line',
      `a window over a line [N,C,L] expects the height 1 without pads, found ${kernelHeight}, pads [${pads.join(',')}]`,
    );
}

/** Four fixed numbers, for `evaluate`; a line is an image of height 1. */
export function image(shape: Shape): readonly [number, number, number, number] {
  const [n, c, height, width] = isLine(shape) ? widened(shape) : shape;
  return [Number(n), Number(c), Number(height), Number(width)];
}

/** Two numbers of a pair attribute. */
export function pair(values: readonly number[]): readonly [number, number] {
  return [values[0] ?? 1, values[1] ?? 1];
}
