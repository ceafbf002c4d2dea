import { extname } from 'node:path';
import { CompileError, isStatic, type Tensor, tensor, type Value } from '@ghostc/ir';
import { centreCrop, normalize, resizeImage } from '@ghostc/quant';
import { axisOrderOf, channelsFirstShape, toChannelsLast } from './axis-order.ts';
import type { CalibrationSpec } from './calibration-spec.ts';
import { decodeImage, MAX_PIXELS } from './decode-image.ts';
import { readBounded } from './read-bounded.ts';

const extensions: ReadonlySet<string> = new Set(['.png', '.jpg', '.jpeg']);

/** Whether a file's name is that of a picture. */
export const isPicture = (file: string): boolean => extensions.has(extname(file).toLowerCase());

/** A PNG or JPEG file as the network's input: resized, cropped and normalised. Throws `data/image`. */
export function readPicture(file: string, input: Value, spec: CalibrationSpec): Tensor {
  const [batch, channels, height, width] = imageInput(input);
  if (batch !== 1)
    throw new CompileError('data/image', `pictures expect a batch of 1, the model has ${batch}`);
  const stored = decodeImage(readBounded(file), channels);
  const sized = fitImage(spec.order === 'bgr' ? reversedChannels(stored) : stored, [height, width], spec);
  const image = { ...sized, shape: [1, ...sized.shape] };
  const normal = normalize(image, { ...spec, scale: spec.scale ?? 1 / 255 });
  return axisOrderOf(input.type.shape) === 'nhwc' ? toChannelsLast(normal) : normal;
}

function imageInput({ name, type }: Value): [number, number, number, number] {
  const shape = channelsFirstShape(type.shape);
  const sizes = shape.map((dim, axis) => (isStatic(dim) ? dim : axis === 0 ? 1 : Number.NaN));
  if (sizes.length === 4 && sizes.every((size) => size > 0)) return sizes as [number, number, number, number];
  throw new CompileError(
    'data/image',
    `pictures expect an input NCHW or NHWC of fixed size, ${name} is [${type.shape.join(',')}]; give sizes with --bind NAME=SIZE`,
  );
}

/** Resize (shorter side, or both), then the middle of the network's size. Without a resize the picture must fit. */
function fitImage(
  image: Tensor,
  size: readonly [number, number],
  { resize, crop = size }: CalibrationSpec,
): Tensor {
  const [, h = 1, w = 1] = image.shape;
  const sized = resize ? resizeImage(image, bounded(target([h, w], resize))) : image;
  const [, height = 0, width = 0] = sized.shape;
  if (height < (crop[0] ?? 0) || width < (crop[1] ?? 0) || crop.join() !== size.join())
    throw new CompileError(
      'data/image',
      `the model expects ${size.join('x')}, found ${height}x${width}${crop === size ? '' : ` cropped to ${crop.join('x')}`}; say how with --resize and --crop`,
    );
  return centreCrop(sized, size);
}

function target([h, w]: readonly [number, number], [side = 1, other]: readonly number[]): [number, number] {
  if (other !== undefined) return [side, other];
  const short = Math.min(h, w);
  return [Math.floor((side * h) / short), Math.floor((side * w) / short)];
}

/** A strip of one row grows without measure when its shorter side is enlarged. */
function bounded([h, w]: readonly [number, number]): [number, number] {
  if (h * w <= MAX_PIXELS) return [h, w];
  throw new CompileError(
    'data/image',
    `expected at most ${MAX_PIXELS} pixels after --resize, found ${w} x ${h}`,
  );
}

function reversedChannels(image: Tensor): Tensor {
  const [channels = 1, h = 1, w = 1] = image.shape;
  const source = image.data as Float32Array;
  const planes = Array.from({ length: channels }, (_, c) =>
    source.subarray(c * h * w, (c + 1) * h * w),
  ).reverse();
  return tensor('f32', image.shape, Float32Array.from(planes.flatMap((plane) => [...plane])));
}
