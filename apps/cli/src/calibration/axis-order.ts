import { isStatic, type Shape, type Tensor, tensor } from '@ghostc/ir';

/** Order of axes of a tensor of images. */
export type AxisOrder = 'nchw' | 'nhwc';

const channelCounts: ReadonlySet<unknown> = new Set([1, 3]);

/** How an input takes pictures: channels last where only the last axis can hold them, as models of TFLite have it. */
export function axisOrderOf(shape: Shape): AxisOrder {
  return shape.length === 4 &&
    channelCounts.has(shape[3]) &&
    isStatic(shape[1] ?? 0) &&
    !channelCounts.has(shape[1])
    ? 'nhwc'
    : 'nchw';
}

/** The shape with channels after the batch. */
export function channelsFirstShape(shape: Shape): Shape {
  const [n = 1, h = 1, w = 1, c = 1] = shape;
  return axisOrderOf(shape) === 'nhwc' ? [n, c, h, w] : shape;
}

/** [N,H,W,C] to [N,C,H,W]. */
export function toChannelsFirst(image: Tensor): Tensor {
  const [n = 1, h = 1, w = 1, c = 1] = image.shape;
  return permuted(
    image,
    [n, c, h, w],
    (item, i) => (item * h * w + (i % (h * w))) * c + Math.floor(i / (h * w)),
  );
}

/** [N,C,H,W] to [N,H,W,C]. */
export function toChannelsLast(image: Tensor): Tensor {
  const [n = 1, c = 1, h = 1, w = 1] = image.shape;
  return permuted(image, [n, h, w, c], (item, i) => (item * c + (i % c)) * h * w + Math.floor(i / c));
}

/** Element i of an item of the result is the element `source(item, i)` of the image. */
function permuted(
  image: Tensor,
  shape: readonly number[],
  source: (item: number, i: number) => number,
): Tensor {
  const size = shape.slice(1).reduce((product, dim) => product * dim, 1);
  const from = image.data as Float32Array;
  const data = from.slice();
  for (let i = 0; i < data.length; i++) data[i] = from[source(Math.floor(i / size), i % size)] ?? 0;
  return tensor(image.dtype, shape, data);
}
