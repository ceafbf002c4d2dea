import type { PixelInput } from './io-data.ts';
import type { IoTensor } from './manifest.ts';
import {
  channelOf,
  checkOptions,
  checkSource,
  checkTarget,
  type MovingSource,
  named,
  type PictureOptions,
  type Sampling,
  type StillSource,
  samplingOf,
  sizeOf,
} from './picture-source.ts';

type Source = StillSource | MovingSource;

/** Brightness of red, green and blue (ITU-R BT.601). */
const luma = [0.299, 0.587, 0.114];

/** An input [1,C,H,W] from a picture, as `picture` of a GPU computes it, without one. */
export function picture(source: Source, options: PictureOptions): PixelInput {
  checkOptions(options);
  return {
    values(target) {
      checkTarget(target, options);
      checkSource(source, target);
      const image = named(target, () => pixelsOf(source));
      return normalised(resampled(image, target, samplingOf(source, target, options)), target, options);
    },
  };
}

/** RGBA, with colours as they were before they were blended. */
function pixelsOf(source: Source): ImageData {
  if ('data' in source) return source;
  const [width, height] = sizeOf(source);
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

/** Bytes and weights that make an output along one axis. */
type Taps = readonly (readonly [at: number, weight: number])[];

/** The bilinear samples of each output along one axis, summed by pixel; the edge goes on outside. */
function tapsOf(size: number, count: number, axis: 0 | 1, { origin, step, samples }: Sampling): Taps[] {
  return Array.from({ length: count }, (_, i) => {
    const taps = new Map<number, number>();
    for (let k = 0; k < samples; k++) {
      const position = (origin[axis] + (i + (k + 0.5) / samples) * step[axis]) * size - 0.5;
      const first = Math.floor(position);
      for (const [pixel, weight] of [
        [first, first + 1 - position],
        [first + 1, position - first],
      ] as const) {
        const at = Math.min(size - 1, Math.max(0, pixel));
        taps.set(at, (taps.get(at) ?? 0) + weight / samples);
      }
    }
    return [...taps];
  });
}

/** RGB of each output, of values from 0 to 1: columns first, then rows. */
function resampled(
  { data, width, height }: ImageData,
  { shape }: IoTensor,
  sampling: Sampling,
): Float32Array {
  const [, , rows = 1, columns = 1] = shape;
  const across = tapsOf(width, columns, 0, sampling);
  const down = tapsOf(height, rows, 1, sampling);
  const lines = new Map<number, Float32Array>();
  const out = new Float32Array(rows * columns * 3);
  const line = (y: number): Float32Array => {
    const known = lines.get(y) ?? lineOf(data.subarray(y * width * 4, (y + 1) * width * 4), across);
    lines.set(y, known);
    return known;
  };
  down.forEach((taps, i) => {
    for (const [y, weight] of taps) {
      const values = line(y);
      for (let j = 0; j < columns * 3; j++)
        out[i * columns * 3 + j] = (out[i * columns * 3 + j] ?? 0) + weight * (values[j] ?? 0);
    }
  });
  return out;
}

function lineOf(pixels: Uint8ClampedArray, across: readonly Taps[]): Float32Array {
  const line = new Float32Array(across.length * 3);
  across.forEach((taps, j) => {
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (const [x, weight] of taps) sum += weight * (pixels[x * 4 + c] ?? 0);
      line[j * 3 + c] = sum / 255;
    }
  });
  return line;
}

function normalised(rgb: Float32Array, { shape }: IoTensor, { mean, std }: PictureOptions): Float32Array {
  const [, channels = 1, height = 1, width = 1] = shape;
  const plane = height * width;
  const out = new Float32Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    const pixel = rgb.subarray(i * 3, i * 3 + 3);
    const values = channels === 1 ? [luma.reduce((sum, part, c) => sum + part * (pixel[c] ?? 0), 0)] : pixel;
    for (let c = 0; c < channels; c++)
      out[c * plane + i] = ((values[c] ?? 0) - channelOf(mean, c)) / channelOf(std, c);
  }
  return out;
}
