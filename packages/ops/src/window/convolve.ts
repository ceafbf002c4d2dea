import { fromNumbers, staticShape, type Tensor, type TensorType, toNumbers } from '@ghostc/ir';
import { type Activation, activationAfter } from '../elementwise/activation.ts';
import { image, pair, type Window } from './window.ts';

/** Which input channels an output channel reads. */
interface ReadChannels {
  /** Input channels that one output channel reads. */
  readonly channelsPerOutput: number;
  /** First input channel that output channel m reads. */
  readonly firstChannel: (m: number) => number;
}

export interface Convolution extends Window, Activation, ReadChannels {}

/** Of a convolution in groups with the weight [M,C/group,kH,kW]. */
export function groupChannels({ shape }: Tensor, group: number): ReadChannels {
  const [m, perGroup] = image(shape);
  const perOutputGroup = m / group;
  return {
    channelsPerOutput: perGroup,
    firstChannel: (channel) => Math.floor(channel / perOutputGroup) * perGroup,
  };
}

/** Of a depthwise convolution. */
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

/** The sums of `convolve`, bias included: [N,M,H',W'] in double precision, exact for integers. */
export function convolutionSums(
  { source, kernel, biases }: SumOperands,
  conv: Omit<Convolution, keyof Activation>,
  [batch, outChannels, outHeight, outWidth]: readonly [number, number, number, number],
): Float64Array {
  const plane = outHeight * outWidth;
  const sums = new Float64Array(batch * outChannels * plane);
  const wide = { ...source, data: inDoubles(source.data) };
  const pointwise = isPointwise(source, kernel, conv);
  for (let n = 0; n < batch; n++) {
    const planes = pointwise ? planesOf(wide, n) : [];
    const outs = Array.from({ length: outChannels }, (_, m) => {
      const start = (n * outChannels + m) * plane;
      return sums.subarray(start, start + plane).fill(Number(biases?.[m] ?? 0));
    });
    let done = 0; // input channels that this output channel has
    outs.forEach((out, m) => {
      const channel = conv.firstChannel(m);
      const paired =
        pointwise && m % 2 === 0 && channel === conv.firstChannel(m + 1) ? outs[m + 1] : undefined;
      if (m % 2 === 0) done = paired ? accumulateFours({ y: out, z: paired, planes, kernel, m, channel }) : 0;
      for (let c = done; c < conv.channelsPerOutput; c++)
        accumulatePlane(
          { out, outHeight, outWidth, source: wide, kernel, n, m, c, channel: channel + c },
          conv,
        );
    });
  }
  return sums;
}

function planesOf({ data, shape: [, channels, height, width] }: WideImage, n: number): Float64Array[] {
  const size = height * width;
  return Array.from({ length: channels }, (_, c) =>
    data.subarray((n * channels + c) * size).subarray(0, size),
  );
}

/** One kind of array: the loops below take twice as long where they meet several. */
function inDoubles(data: ArrayLike<number>): Float64Array {
  return data instanceof Float64Array ? data : new Float64Array(data);
}

/** Planes of one size whose pixels meet one weight of each channel. */
function isPointwise({ shape }: Image, kernel: Image, { strides, pads }: Window): boolean {
  const [, , kernelHeight, kernelWidth] = kernel.shape;
  const plain = strides.every((s) => s === 1) && pads.every((p) => p === 0);
  return kernelHeight === 1 && kernelWidth === 1 && plain && shape[2] * shape[3] > 0;
}

/**
 * Adds planes to output channels m and m + 1, four at a time in the order of one at a time; gives how many. A weight of 0 is left
 * out there, since a float may be infinite: it ends this.
 */
function accumulateFours({ y, z, planes, kernel, m, channel }: FourTask): number {
  const [, perOutput] = kernel.shape;
  const weights = kernel.data;
  const whole = weights instanceof Int8Array;
  const none = new Float64Array();
  let c = 0;
  for (; c + 4 <= perOutput; c += 4) {
    const at = channel + c;
    const [x0 = none, x1 = none, x2 = none, x3 = none] = planes.slice(at, at + 4);
    const v = m * perOutput + c;
    const w = v + perOutput;
    const [v0, v1, v2, v3] = [weights[v] ?? 0, weights[v + 1] ?? 0, weights[v + 2] ?? 0, weights[v + 3] ?? 0];
    const [w0, w1, w2, w3] = [weights[w] ?? 0, weights[w + 1] ?? 0, weights[w + 2] ?? 0, weights[w + 3] ?? 0];
    if (!whole && v0 * v1 * v2 * v3 * w0 * w1 * w2 * w3 === 0) break;
    for (let i = 0; i < y.length; i++) {
      const a = x0[i] ?? 0;
      const b = x1[i] ?? 0;
      const d = x2[i] ?? 0;
      const e = x3[i] ?? 0;
      y[i] = (y[i] ?? 0) + v0 * a + v1 * b + v2 * d + v3 * e;
      z[i] = (z[i] ?? 0) + w0 * a + w1 * b + w2 * d + w3 * e;
    }
  }
  return c;
}

interface FourTask {
  readonly y: Float64Array;
  readonly z: Float64Array;
  readonly planes: readonly Float64Array[];
  readonly kernel: Image;
  readonly m: number;
  readonly channel: number;
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
