import { type IoData, ioArrays, type PixelInput } from './io-data.ts';
import type { IoTensor } from './manifest.ts';
import {
  channelOf,
  checkOptions,
  checkSource,
  type Frame,
  frameOf,
  named,
  type PictureOptions,
  type Sampling,
  type Source,
  samplingOf,
  sizeOf,
} from './picture-source.ts';

/** Brightness of red, green and blue (ITU-R BT.601). */
const luma = [0.299, 0.587, 0.114];

/** Weights of a tap are integers with this many bits, as in Pillow: the sums are exact. */
const WEIGHT_BITS = 22;

/** An input from a picture, as `picture` of a GPU computes it, without one. */
export function picture(source: Source, options: PictureOptions): PixelInput {
  checkOptions(options);
  return {
    values(target) {
      const frame = frameOf(target, options);
      checkSource(source, target);
      const image = named(target, () => pixelsOf(source as CanvasImageSource | ImageData));
      const rgb = resampled(image, frame, samplingOf(source, frame, options));
      return stored(rgb, { frame, options, target });
    },
  };
}

/** RGBA, with colours as they were before they were blended. */
function pixelsOf(source: CanvasImageSource | ImageData): ImageData {
  if ('data' in source) return source;
  const [width, height] = sizeOf(source as Source);
  const context = canvas(width, height).getContext('2d', { willReadFrequently: true }) as
    | CanvasRenderingContext2D
    | OffscreenCanvasRenderingContext2D
    | null;
  if (!context) throw new Error('there is no canvas here to read the picture with');
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

function canvas(width: number, height: number): HTMLCanvasElement | OffscreenCanvas {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}

/** The first pixel that makes an output along one axis, and the weights of it and those after it. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** A triangle as wide as two outputs, or two pixels, about the middle of each output. */
function tapsOf(size: number, count: number, axis: 0 | 1, sampling: Sampling): Taps[] {
  const scale = sampling.scale[axis];
  const reach = Math.max(1, scale);
  return Array.from({ length: count }, (_, i) => {
    const center = sampling.start[axis] + (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(size, Math.trunc(center + reach + 0.5));
    const heights = Array.from({ length: end - first }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - center) / reach),
    );
    const unit = 2 ** WEIGHT_BITS / heights.reduce((sum, height) => sum + height, 0);
    return { first, weights: heights.map((height) => Math.floor(height * unit + 0.5)) };
  });
}

/** Adds `weight * values` to the sums. */
function accumulate(sums: Int32Array, values: Uint8Array, weight: number): void {
  for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] as number) + weight * (values[j] as number);
}

/** Sums to 8 bits. */
function rounded(sums: Int32Array): Uint8Array {
  return Uint8Array.from(sums, (sum) => Math.min(255, (sum + 2 ** (WEIGHT_BITS - 1)) >> WEIGHT_BITS));
}

/** RGB of each output, rounded to 8 bits along each axis: columns first, then rows. */
function resampled({ data, width, height }: ImageData, frame: Frame, sampling: Sampling): Uint8Array {
  const across = tapsOf(width, frame.width, 0, sampling);
  const lines = new Map<number, Uint8Array>();
  const line = (y: number): Uint8Array => {
    const known = lines.get(y) ?? lineOf(data.subarray(y * width * 4, (y + 1) * width * 4), across);
    lines.set(y, known);
    return known;
  };
  const out = new Uint8Array(frame.height * frame.width * 3);
  tapsOf(height, frame.height, 1, sampling).forEach(({ first, weights }, i) => {
    const sums = new Int32Array(frame.width * 3);
    weights.forEach((weight, k) => accumulate(sums, line(first + k), weight));
    out.set(rounded(sums), i * frame.width * 3);
    lines.delete(first - 1);
  });
  return out;
}

function lineOf(pixels: Uint8ClampedArray, across: readonly Taps[]): Uint8Array {
  const sums = new Int32Array(across.length * 3);
  across.forEach(({ first, weights }, j) => {
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++)
        sum += (weights[k] as number) * (pixels[(first + k) * 4 + c] as number);
      sums[j * 3 + c] = sum;
    }
  });
  return rounded(sums);
}

interface Stored {
  readonly frame: Frame;
  readonly options: PictureOptions;
  readonly target: IoTensor;
}

/** The values as the model has them, in its order. */
function stored(rgb: Uint8Array, { frame, options: { mean, std }, target: { dtype } }: Stored): IoData {
  const { channels, height, width, last, scale, zeroPoint, low, high } = frame;
  const plane = height * width;
  const out = new ioArrays[dtype](channels * plane);
  for (let p = 0; p < plane; p++) {
    const pixel = rgb.subarray(p * 3, p * 3 + 3);
    const values =
      channels === 1 ? [luma.reduce((sum, part, c) => sum + part * (pixel[c] as number), 0)] : pixel;
    for (let c = 0; c < channels; c++) {
      const value = ((values[c] as number) / 255 - channelOf(mean, c)) / channelOf(std, c);
      const at = last ? p * channels + c : c * plane + p;
      out[at] =
        dtype === 'f32' ? value : Math.min(high, Math.max(low, Math.floor(value / scale + zeroPoint + 0.5)));
    }
  }
  return out;
}
