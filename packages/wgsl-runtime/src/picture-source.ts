import { kindOf } from './kind-of.ts';
import type { IoTensor } from './manifest.ts';

/** What a browser can copy into a texture. */
export type StillSource = ImageBitmap | ImageData | HTMLCanvasElement | OffscreenCanvas | HTMLImageElement;
/** What it can read in place, without a copy. */
export type MovingSource = HTMLVideoElement | VideoFrame;

export type Source = StillSource | MovingSource | GPUTexture;

export interface PictureOptions {
  /** One for each channel, of values from 0 to 1: y = (v - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** `cover` keeps the proportions and cuts the edges; `stretch` takes all. Default: cover. */
  readonly fit?: 'cover' | 'stretch' | undefined;
  /** Instead of `fit`: pixels of the shorter side, before the middle is cut out, as torchvision's Resize and CenterCrop. */
  readonly resize?: number | undefined;
}

const pictures = /^(ImageBitmap|ImageData|HTML(Canvas|Image|Video)Element|OffscreenCanvas|VideoFrame)$/;

export function checkOptions(options: PictureOptions): void {
  const { mean, std, fit = 'cover', resize } = options ?? {};
  for (const [name, list] of Object.entries({ mean, std }))
    if (!Array.isArray(list) || !list.length || !list.every(Number.isFinite))
      throw new Error(`picture: expected ${name} as an array of numbers, found ${list ?? kindOf(list)}`);
  if (std?.includes(0)) throw new Error('picture: std has a zero');
  if (fit !== 'cover' && fit !== 'stretch')
    throw new Error(`picture: expected fit as cover or stretch, found ${fit}`);
  if (resize !== undefined && !(Number.isInteger(resize) && resize > 0))
    throw new Error(`picture: expected resize as a number of pixels, found ${resize}`);
}

/** The destination of a picture: sizes, and how its values are stored. */
export interface Frame {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Are the channels of a pixel side by side? */
  readonly last: boolean;
  /** stored = value / scale + zeroPoint, for integers the nearest from `low` to `high`. */
  readonly scale: number;
  readonly zeroPoint: number;
  readonly low: number;
  readonly high: number;
}

/** The frame of an input. Throws unless it can be a picture with these options. */
export function frameOf(target: IoTensor, { mean, std, resize }: PictureOptions): Frame {
  const { name, shape, dtype, layout, quant = { scale: 1, zeroPoint: 0 } } = target;
  const last = layout === 'NHWC';
  const [batch, ...sizes] = shape;
  const [channels = 0, height = 0, width = 0] = last ? [sizes[2], sizes[0], sizes[1]] : sizes;
  const range = { f32: [-Infinity, Infinity], i8: [-128, 127], u8: [0, 255] }[dtype as string];
  if (shape.length !== 4 || batch !== 1 || (channels !== 1 && channels !== 3) || !range)
    throw new Error(
      `input ${name}: a picture needs f32, i8 or u8 [1,C,H,W] or [1,H,W,C] with C 1 or 3, found ${dtype}[${shape}]`,
    );
  for (const { length } of [mean, std])
    if (length !== 1 && length !== channels)
      throw new Error(`input ${name}: expected mean and std of 1 or ${channels} values, found ${length}`);
  if (resize !== undefined && resize < Math.max(height, width))
    throw new Error(`input ${name}: expected resize of at least ${Math.max(height, width)}, found ${resize}`);
  const [low = 0, high = 0] = range;
  return { channels, height, width, last, low, high, ...quant };
}

/** Throws unless the source has pixels now. */
export function checkSource(source: Source, { name }: IoTensor): void {
  if (!pictures.test(kindOf(source)))
    throw new Error(`input ${name}: expected a picture, found ${kindOf(source)}`);
  if (!sizeOf(source).every(Boolean))
    throw new Error(`input ${name}: the ${kindOf(source)} has no pixels: not loaded yet, or closed`);
}

/** What a browser refuses, such as a picture of another origin, with the input's name. */
export function named<T>({ name }: IoTensor, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`input ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

export function isMoving(source: Source): source is MovingSource {
  return 'videoWidth' in source || 'displayWidth' in source;
}

export function sizeOf(source: Source): readonly [number, number] {
  if ('videoWidth' in source) return [source.videoWidth, source.videoHeight];
  if ('displayWidth' in source) return [source.displayWidth, source.displayHeight];
  if ('naturalWidth' in source) return [source.naturalWidth, source.naturalHeight];
  return [source.width, source.height];
}

/** The part of a picture that an input shows, in its pixels, by axis: x, then y. */
export interface Sampling {
  readonly start: readonly [number, number];
  /** From one pixel of the input to the next. */
  readonly scale: readonly [number, number];
}

export function samplingOf(
  source: Source,
  { height, width }: Frame,
  { fit = 'cover', resize }: PictureOptions,
): Sampling {
  const [w, h] = sizeOf(source);
  if (resize !== undefined) {
    const short = Math.min(w, h);
    const [x, y] = [
      [w, width],
      [h, height],
    ].map(([size = 1, count = 1]) => {
      const resized = size === short ? resize : Math.floor((resize * size) / short);
      return { scale: size / resized, start: (halfEven(resized - count) * size) / resized };
    }) as [Axis, Axis];
    return { start: [x.start, y.start], scale: [x.scale, y.scale] };
  }
  if (fit === 'stretch') return { start: [0, 0], scale: [w / width, h / height] };
  const scale = Math.min(w / width, h / height);
  return { start: [(w - scale * width) / 2, (h - scale * height) / 2], scale: [scale, scale] };
}

interface Axis {
  readonly start: number;
  readonly scale: number;
}

/** Half of a number, rounded to even, as Python rounds. */
function halfEven(twice: number): number {
  const low = Math.floor(twice / 2);
  return twice % 2 ? low + (low % 2) : low;
}

/** The value for channel `c` of a list of one for all, or one for each. */
export function channelOf(list: readonly number[], c: number): number {
  return list[Math.min(c, list.length - 1)] ?? 1;
}
