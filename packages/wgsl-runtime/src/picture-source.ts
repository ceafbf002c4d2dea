import { kindOf } from './kind-of.ts';
import type { IoTensor } from './manifest.ts';

/** What a browser can copy into a texture. */
export type StillSource = ImageBitmap | ImageData | HTMLCanvasElement | OffscreenCanvas | HTMLImageElement;
/** What it can read where it lies, without a copy. */
export type MovingSource = HTMLVideoElement | VideoFrame;

export interface PictureOptions {
  /** One for each channel, of values from 0 to 1: y = (v - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** `cover` keeps the proportions and cuts the edges; `stretch` takes all. Default: cover. */
  readonly fit?: 'cover' | 'stretch';
}

const pictures = /^(ImageBitmap|ImageData|HTML(Canvas|Image|Video)Element|OffscreenCanvas|VideoFrame)$/;

/** Samples of each axis that one output averages at most. */
const mostSamples = 8;

export function checkOptions(options: PictureOptions): void {
  const { mean, std, fit = 'cover' } = options ?? {};
  for (const [name, list] of Object.entries({ mean, std }))
    if (!Array.isArray(list) || !list.length || !list.every(Number.isFinite))
      throw new Error(`picture: expected ${name} as an array of numbers, found ${list ?? kindOf(list)}`);
  if (std?.includes(0)) throw new Error('picture: std has a zero');
  if (fit !== 'cover' && fit !== 'stretch')
    throw new Error(`picture: expected fit as cover or stretch, found ${fit}`);
}

/** Throws unless the input can be a picture with these options. */
export function checkTarget({ name, shape, dtype }: IoTensor, { mean, std }: PictureOptions): void {
  const [batch, channels = 0] = shape;
  if (shape.length !== 4 || batch !== 1 || (channels !== 1 && channels !== 3) || dtype !== 'f32')
    throw new Error(`input ${name}: a picture needs f32[1,1,H,W] or f32[1,3,H,W], found ${dtype}[${shape}]`);
  for (const { length } of [mean, std])
    if (length !== 1 && length !== channels)
      throw new Error(`input ${name}: expected mean and std of 1 or ${channels} values, found ${length}`);
}

/** Throws unless the source has pixels now. */
export function checkSource(source: StillSource | MovingSource, { name }: IoTensor): void {
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

export function isMoving(source: StillSource | MovingSource): source is MovingSource {
  return 'videoWidth' in source || 'displayWidth' in source;
}

export function sizeOf(source: StillSource | MovingSource): readonly [number, number] {
  if ('videoWidth' in source) return [source.videoWidth, source.videoHeight];
  if ('displayWidth' in source) return [source.displayWidth, source.displayHeight];
  if ('naturalWidth' in source) return [source.naturalWidth, source.naturalHeight];
  return [source.width, source.height];
}

/** The part of a picture that an input shows, and how it is sampled. Positions go from 0 to 1. */
export interface Sampling {
  readonly origin: readonly [number, number];
  /** From one output to the next. */
  readonly step: readonly [number, number];
  /** Of each axis, for one output. */
  readonly samples: number;
}

export function samplingOf(
  source: StillSource | MovingSource,
  { shape }: IoTensor,
  { fit = 'cover' }: PictureOptions,
): Sampling {
  const [, , height = 1, width = 1] = shape;
  const [w, h] = sizeOf(source);
  const scale = Math.min(w / width, h / height);
  const [px = 1, py = 1] = fit === 'cover' ? [(scale * width) / w, (scale * height) / h] : [];
  const samples = Math.ceil(Math.max((px * w) / width, (py * h) / height));
  return {
    origin: [(1 - px) / 2, (1 - py) / 2],
    step: [px / width, py / height],
    samples: Math.min(mostSamples, Math.max(1, samples)),
  };
}

/** The value for channel `c` of a list of one for all, or one for each. */
export function channelOf(list: readonly number[], c: number): number {
  return list[Math.min(c, list.length - 1)] ?? 1;
}
