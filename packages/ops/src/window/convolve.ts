import { fromNumbers, staticShape, type Tensor, type TensorType, toNumbers } from '@ghostc/ir';
import { type Activation, activationAfter } from '../elementwise/activation.ts';
import { addDotProducts, inDoubles } from '../linear/dot-products.ts';
import { image, pair, type Window } from './window.ts';

/** Which input channels an output channel reads. */
interface ReadChannels {
  /** Input channels that one output channel reads. */
  readonly channelsPerOutput: number;
  /** First input channel that output channel m reads. */
  readonly firstChannel: (m: number) => number;
}

export interface Convolution extends Window, Activation, ReadChannels {}

/** For a convolution in groups with the weight [M,C/group,kH,kW]. */
export function groupChannels({ shape }: Tensor, group: number): ReadChannels {
  const [m, perGroup] = image(shape);
  const perOutputGroup = m / group;
  return {
    channelsPerOutput: perGroup,
    firstChannel: (channel) => Math.floor(channel / perOutputGroup) * perGroup,
  };
}

/** For a depthwise convolution. */
export function multiplierChannels(multiplier: number): ReadChannels {
  return { channelsPerOutput: 1, firstChannel: (channel) => Math.floor(channel / multiplier) };
}

interface Operands {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
}

/**
 * y[n,m,i,j] = act(sum_{c,u,v} x[n, first(m)+c, i*s+u*d-p, j*s+v*d-p] * w[m,c,u,v] + bias[m] + residual[n,m,i,j]),
 * summed in double precision, rounded once.
 */
export function convolve(
  { x, weight, bias, residual }: Operands,
  conv: Convolution,
  type: TensorType,
): Tensor {
  const shape = image(type.shape);
  const source = { data: toNumbers(x), shape: image(x.shape) };
  const kernel = { data: toNumbers(weight), shape: image(weight.shape) };
  const sums = convolutionSums({ source, kernel, biases: bias && toNumbers(bias) }, conv, shape);
  const addends = residual && toNumbers(residual);
  const act = activationAfter(conv, type.dtype);
  for (let i = 0; i < sums.length; i++) sums[i] = act((sums[i] ?? 0) + Number(addends?.[i] ?? 0));
  return fromNumbers(type.dtype, staticShape(type.shape), sums);
}

export interface Image {
  readonly data: ArrayLike<number>;
  readonly shape: readonly [number, number, number, number];
}

interface WideImage extends Image {
  readonly data: Float64Array;
}

interface SumOperands {
  readonly source: Image;
  readonly kernel: Image;
  readonly biases?: ArrayLike<number> | undefined;
}

type Shape4 = readonly [number, number, number, number];

/**
 * The sums of `convolve`, including the bias: [N,M,H',W'] in double precision, exact for integers. Each
 * starts at the bias and adds channel by channel, and within a channel tap by tap.
 */
export function convolutionSums(
  { source, kernel, biases }: SumOperands,
  conv: Omit<Convolution, keyof Activation>,
  shape: Shape4,
): Float64Array {
  const [batch, outChannels, outHeight, outWidth] = shape;
  const plane = outHeight * outWidth;
  const sums = new Float64Array(batch * outChannels * plane);
  for (let at = 0; at < batch * outChannels; at++)
    sums.fill(Number(biases?.[at % outChannels] ?? 0), at * plane, (at + 1) * plane);
  const wide = { source: widened(source), kernel: widened(kernel) };
  const task = { ...wide, shape, size: outputsOfGroup(conv, outChannels) };
  const add = task.size >= 4 && allFinite(wide.source) && allFinite(wide.kernel) ? addProducts : addTaps;
  for (let n = 0; n < batch; n++) add(sums, { ...task, n }, conv);
  return sums;
}

/** Output channels that read the same input channels; all groups have the same size. */
function outputsOfGroup({ firstChannel }: ReadChannels, count: number): number {
  let size = 1;
  while (size < count && firstChannel(size) === firstChannel(0)) size++;
  return size;
}

function widened({ data, shape }: Image): WideImage {
  return { data: inDoubles(data), shape };
}

function allFinite({ data }: WideImage): boolean {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] ?? 0) * 0;
  return sum === 0;
}

interface SumTask {
  readonly source: WideImage;
  readonly kernel: WideImage;
  readonly shape: Shape4;
  /** Output channels of a group. */
  readonly size: number;
  /** The image in the batch. */
  readonly n: number;
}

const columnDoubles = 2 ** 16;

/** Pixel by pixel: each window becomes a column, in the order of the weights. */
function addProducts(sums: Float64Array, task: SumTask, conv: Omit<Convolution, keyof Activation>): void {
  const { shape, kernel, size: outputs, n } = task;
  const [, outChannels, outHeight, outWidth] = shape;
  const plane = outHeight * outWidth;
  const [, perOutput, kernelHeight, kernelWidth] = kernel.shape;
  const length = perOutput * kernelHeight * kernelWidth;
  const most = Math.max(2, Math.floor(columnDoubles / Math.max(1, length)));
  const columns = new Float64Array(Math.min(most, plane) * length);
  for (let m = 0; m < outChannels; m += outputs)
    for (let pixel = 0; pixel < plane; pixel += most) {
      const count = Math.min(most, plane - pixel);
      gatherColumns(columns, { task, pixel, count, channel: conv.firstChannel(m) }, conv);
      const weights = kernel.data.subarray(m * length, (m + outputs) * length);
      const first = (n * outChannels + m) * plane + pixel;
      addDotProducts(sums, {
        left: weights,
        right: columns,
        rows: outputs,
        columns: count,
        length,
        first,
        stride: plane,
      });
    }
}

interface Pixels {
  readonly task: SumTask;
  /** The first input channel. */
  readonly channel: number;
  /** First of `count` pixels of the output's plane. */
  readonly pixel: number;
  readonly count: number;
}

/** Writes a column for each pixel; 0 past the edge of the image. */
function gatherColumns(
  columns: Float64Array,
  { task, pixel, count, channel }: Pixels,
  conv: Omit<Convolution, keyof Activation>,
): void {
  const { data, shape } = task.source;
  const [, channels, height, width] = shape;
  const [, perOutput, kernelHeight, kernelWidth] = task.kernel.shape;
  const outWidth = task.shape[3];
  const [strideY, strideX] = pair(conv.strides);
  const [stepY = 1, stepX = 1] = conv.dilations;
  const [padY = 0, padX = 0] = conv.pads;
  const start = (task.n * channels + channel) * height * width;
  let to = 0;
  for (let k = pixel; k < pixel + count; k++) {
    const top = Math.floor(k / outWidth) * strideY - padY;
    const left = (k % outWidth) * strideX - padX;
    for (let c = 0; c < perOutput; c++) {
      for (let u = 0; u < kernelHeight; u++) {
        const y = top + u * stepY;
        const row = start + (c * height + y) * width;
        const inside = y >= 0 && y < height;
        for (let v = 0; v < kernelWidth; v++) {
          const x = left + v * stepX;
          columns[to++] = inside && x >= 0 && x < width ? (data[row + x] ?? 0) : 0;
        }
      }
    }
  }
}

/** Tap by tap, skipping zero weights and positions past the edge: infinity times 0 is NaN. */
function addTaps(
  sums: Float64Array,
  { n, source, kernel, shape }: SumTask,
  conv: Omit<Convolution, keyof Activation>,
): void {
  const [, outChannels, outHeight, outWidth] = shape;
  const plane = outHeight * outWidth;
  for (let m = 0; m < outChannels; m++) {
    const start = (n * outChannels + m) * plane;
    const out = sums.subarray(start, start + plane);
    const channel = conv.firstChannel(m);
    for (let c = 0; c < conv.channelsPerOutput; c++)
      accumulatePlane({ out, outHeight, outWidth, source, kernel, n, m, c, channel: channel + c }, conv);
  }
}

interface PlaneTask {
  readonly out: Float64Array;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly source: WideImage;
  readonly kernel: Image;
  readonly n: number;
  readonly m: number;
  readonly c: number;
  readonly channel: number;
}

/** Adds one input plane times one kernel plane to `out`, tap by tap so that the inner loop has no edge test. */
function accumulatePlane(task: PlaneTask, window: Window): void {
  const [, , kernelHeight, kernelWidth] = task.kernel.shape;
  const taps = kernelHeight * kernelWidth;
  const base = (task.m * task.kernel.shape[1] + task.c) * taps;
  for (let tap = 0; tap < taps; tap++) {
    const w = Number(task.kernel.data[base + tap]);
    if (w !== 0) accumulateTap(task, window, w, [Math.floor(tap / kernelWidth), tap % kernelWidth]);
  }
}

function accumulateTap(task: PlaneTask, window: Window, w: number, [u, v]: readonly [number, number]): void {
  const { out, outHeight, outWidth, source, n, channel } = task;
  const [, channels, height, width] = source.shape;
  const [strideY, strideX] = pair(window.strides);
  const top = u * (window.dilations[0] ?? 1) - (window.pads[0] ?? 0);
  const left = v * (window.dilations[1] ?? 1) - (window.pads[1] ?? 0);
  const [jFrom, jTo] = insideRange(left, strideX, width, outWidth);
  const [iFrom, iTo] = insideRange(top, strideY, height, outHeight);
  const data = source.data;
  for (let i = iFrom; i < iTo; i++) {
    let at = ((n * channels + channel) * height + i * strideY + top) * width + left + jFrom * strideX;
    const row = i * outWidth;
    for (let j = jFrom; j < jTo; j++, at += strideX) out[row + j] = (out[row + j] ?? 0) + w * (data[at] ?? 0);
  }
}

/** Output positions i with 0 <= offset + i*stride < size. */
function insideRange(offset: number, stride: number, size: number, count: number): readonly [number, number] {
  const from = Math.max(0, Math.ceil(-offset / stride));
  const to = Math.min(count, Math.floor((size - 1 - offset) / stride) + 1);
  return [from, Math.max(from, to)];
}
