import {
  CompileError,
  type Dim,
  fromNumbers,
  type Graph,
  i64,
  isStatic,
  type Tensor,
  type TensorType,
  type Value,
} from '@ghostc/ir';
import { type Editor, edit } from '../editor.ts';
import { type Affine, affineOf } from './affine.ts';
import { foldIntoConvolutions } from './fold-affine.ts';
import type { Preprocessing } from './preprocessing.ts';

/**
 * A model that accepts images as a camera or a decoder produces them. Scale, mean, std and channel order are
 * folded into the weights of the convolutions that read the input; if these pad, a map of biases keeps the
 * border right. If folding is impossible (no convolution reads it, symbolic sizes at a padded border), nodes
 * are inserted. Throws `edit/preprocess`.
 */
export function addPreprocessing(graph: Graph, options: Preprocessing): Graph {
  return edit(graph, (e) => preprocess(e, options));
}

/** `addPreprocessing` on a graph that is being edited. */
export function preprocess(e: Editor, options: Preprocessing): void {
  const input = inputOf(e, options.input);
  const { dtype, shape } = input.type;
  const affine = affineOf(options, channelsOf(input));
  const folded = options.fold !== 'never' && foldIntoConvolutions(e, input, affine);
  e.setInput(input, comingIn(input.type, options), (value) => {
    let x = value;
    if (x.type.dtype !== dtype) x = e.ops.cast({ x, to: dtype }, `${input.name}_cast`);
    if (options.layout === 'nhwc') x = e.ops.transpose({ x, perm: [0, 3, 1, 2] }, `${input.name}_nchw`);
    if (options.size) x = resized(e, x, shape.slice(2).map(Number));
    return folded ? x : applied(e, x, affine);
  });
}

function inputOf({ graph }: Editor, name: string | undefined): Value {
  const [first, second] = graph.inputs;
  const input = name === undefined ? first : graph.inputs.find((one) => one.name === name);
  if (!input || (name === undefined && second))
    throw refused(
      `expected the name of one of the inputs ${graph.inputs.map((one) => one.name).join(', ')}, found ${name ?? 'none'}`,
    );
  if (input.type.shape.length !== 4 || !input.type.dtype.startsWith('f'))
    throw refused(
      `expected %${input.name} to be f32[N,C,H,W], found ${input.type.dtype}[${input.type.shape.join(',')}]`,
    );
  return input;
}

function refused(detail: string): CompileError {
  return new CompileError('edit/preprocess', detail);
}

function channelsOf({ name, type }: Value): number {
  const channels = type.shape[1];
  if (channels !== undefined && isStatic(channels)) return channels;
  throw refused(`expected %${name} to have a number of channels, found ${channels}`);
}

function comingIn({ dtype, shape }: TensorType, options: Preprocessing): TensorType {
  const [n = 1, c = 1, ...plane] = shape;
  if (options.size && !plane.every(isStatic))
    throw refused(`expected fixed sizes to resize to, found [${plane.join(',')}]`);
  const [h = 1, w = 1] = options.size ?? plane;
  return {
    dtype: options.dtype ?? dtype,
    shape: options.layout === 'nhwc' ? [n, h, w, c] : [n, c, h, w],
  };
}

/** Half-pixel centres, as in image libraries; no filter when shrinking. */
function resized(e: Editor, x: Value, plane: readonly number[]): Value {
  return e.ops.resize(
    { x, sizes: [...x.type.shape.slice(0, 2).map(sizeOrKept), ...plane], mode: 'linear' },
    `${x.name}_resized`,
  );
}

/** 0 keeps an axis as it is. */
function sizeOrKept(dim: Dim): number {
  return isStatic(dim) ? dim : 0;
}

function applied(e: Editor, value: Value, { factors, offsets, order }: Affine): Value {
  const { dtype } = value.type;
  const column = (values: readonly number[]): Tensor => fromNumbers(dtype, [1, values.length, 1, 1], values);
  let x = value;
  if (order.some((from, to) => from !== to)) {
    x = e.ops.gather({ x, indices: i64(order), axis: 1 }, `${value.name}_order`);
  }
  if (factors.some((factor) => factor !== 1))
    x = e.ops.mul({ a: x, b: column(factors) }, `${value.name}_scaled`);
  if (offsets.some((offset) => offset !== 0))
    x = e.ops.add({ a: x, b: column(offsets) }, `${value.name}_centred`);
  return x;
}
