import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import {
  CompileError,
  fromBytes,
  type Graph,
  isStatic,
  type Tensor,
  tensor,
  type Value,
  withLocation,
} from '@ghostc/ir';
import { readTensorProto } from '@ghostc/onnx';
import { centreCrop, normalize, readNpy, resizeImage, type Sample, splitSamples } from '@ghostc/quant';
import { readInputSets } from '../data-sets.ts';
import type { CalibrationSpec } from './calibration-spec.ts';
import { decodeImage, MAX_PIXELS } from './decode-image.ts';

/** Larger files are refused before they are read. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

const pictures: ReadonlySet<string> = new Set(['.png', '.jpg', '.jpeg']);
const arrays: ReadonlySet<string> = new Set(['.npy', '.pb', '.bin', '.raw']);

/** Calibration samples, read when they are gone through, and how many there are. */
export interface CalibrationData {
  readonly count: number;
  readonly samples: Iterable<Sample>;
}

/**
 * Opens calibration data for a model: a folder of test_data_set_K, of pictures, or of .npy/.pb/.bin files, or one such file.
 * Throws `quant/calibration` or the reader's error, with the file.
 */
export function loadCalibration(path: string, model: Graph, spec: CalibrationSpec): CalibrationData {
  if (!existsSync(path))
    throw new CompileError('file/missing', 'there is no such file or folder', { file: path });
  if (statSync(path).isDirectory() && readdirSync(path).some((name) => /^test_data_set_\d+$/.test(name)))
    return limited(readInputSets(path, model), spec);
  const input = onlyInput(model, path);
  const files = statSync(path).isDirectory() ? filesIn(path) : [path];
  const isPicture = (file: string): boolean => pictures.has(extname(file).toLowerCase());
  if (files.every(isPicture)) return pictureData(files, input, spec);
  if (files.some(isPicture))
    throw new CompileError('quant/calibration', 'expected pictures or tensors, found both', { file: path });
  return limited(
    files.flatMap((file) => arraySamples(file, input, spec)),
    spec,
  );
}

function limited(samples: readonly Sample[], { limit }: CalibrationSpec): CalibrationData {
  const taken = samples.slice(0, limit);
  return { count: taken.length, samples: taken };
}

function onlyInput(model: Graph, path: string): Value {
  const [input, second] = model.inputs;
  if (input && !second) return input;
  throw new CompileError(
    'quant/calibration',
    `a model with ${model.inputs.length} inputs expects folders test_data_set_K with input_N.pb`,
    { file: path },
  );
}

function filesIn(folder: string): string[] {
  const names = readdirSync(folder).sort();
  const known = (name: string): boolean =>
    pictures.has(extname(name).toLowerCase()) || arrays.has(extname(name));
  const files = names.filter(known).map((name) => join(folder, name));
  if (files.length) return files;
  throw new CompileError(
    'quant/calibration',
    'expected test_data_set_K, pictures (.png, .jpg) or tensors (.npy, .pb, .bin), found none',
    { file: folder },
  );
}

/** Pictures are decoded one at a time, in each run over the data. */
function pictureData(files: readonly string[], input: Value, spec: CalibrationSpec): CalibrationData {
  const taken = files.slice(0, spec.limit);
  const samples = {
    *[Symbol.iterator](): Iterator<Sample> {
      for (const file of taken) yield pictureSample(file, input, spec);
    },
  };
  return { count: taken.length, samples };
}

function pictureSample(file: string, input: Value, spec: CalibrationSpec): Sample {
  return withLocation({ file }, () => {
    const [batch, channels, height, width] = imageInput(input);
    if (batch !== 1)
      throw new CompileError('quant/calibration', `pictures expect a batch of 1, the model has ${batch}`);
    const stored = decodeImage(readBounded(file), channels);
    const sized = fitImage(spec.order === 'bgr' ? reversedChannels(stored) : stored, [height, width], spec);
    const image = { ...sized, shape: [1, ...sized.shape] };
    const tensor = normalize(image, { ...spec, scale: spec.scale ?? 1 / 255 });
    return { name: file, inputs: new Map([[input.name, tensor]]) };
  });
}

function imageInput({ name, type: { shape } }: Value): [number, number, number, number] {
  const sizes = shape.map((dim, axis) => (isStatic(dim) ? dim : axis === 0 ? 1 : Number.NaN));
  if (sizes.length === 4 && sizes.every((size) => size > 0)) return sizes as [number, number, number, number];
  throw new CompileError(
    'quant/calibration',
    `pictures expect an input NCHW of fixed size, ${name} is [${shape.join(',')}]; give sizes with --bind NAME=SIZE`,
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
      'quant/calibration',
      `the model expects ${size.join('x')}, found ${height}x${width}${crop === size ? '' : ` cropped to ${crop.join('x')}`}; say how with --resize and --crop`,
    );
  return centreCrop(sized, size);
}

function target([h, w]: readonly [number, number], [side = 1, other]: readonly number[]): [number, number] {
  if (other !== undefined) return [side, other];
  const scale = side / Math.min(h, w);
  return [Math.max(side, Math.round(h * scale)), Math.max(side, Math.round(w * scale))];
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

function arraySamples(file: string, input: Value, spec: CalibrationSpec): Sample[] {
  return withLocation({ file }, () => {
    const stored = toChannelsFirst(readArray(file, spec), spec);
    return splitSamples(stored, { name: input.name, shape: input.type.shape }).map((item, i) => ({
      name: `${file}#${i}`,
      inputs: new Map([[input.name, normalize(item, spec)]]),
    }));
  });
}

function readArray(file: string, spec: CalibrationSpec): Tensor {
  const extension = extname(file).toLowerCase();
  if (extension === '.npy') return readNpy(readBounded(file));
  if (extension === '.pb') return readTensorProto(readBounded(file));
  return readRaw(file, spec);
}

function readRaw(file: string, { shape, dtype }: CalibrationSpec): Tensor {
  if (!shape)
    throw new CompileError('quant/calibration', 'a raw file expects --shape, such as --shape 200x1x28x28');
  const bytes = readBounded(file);
  const expected = shape.reduce((product, dim) => product * dim, dtype === 'u8' ? 1 : 4);
  if (bytes.length !== expected)
    throw new CompileError(
      'quant/calibration',
      `${dtype}[${shape.join(',')}] has ${expected} bytes, the file has ${bytes.length}`,
    );
  return tensor(dtype, shape, fromBytes(dtype, bytes));
}

/** [N,H,W,C] to [N,C,H,W] where the flags say so. */
function toChannelsFirst(stored: Tensor, { layout }: CalibrationSpec): Tensor {
  if (layout === 'nchw') return stored;
  const shape = stored.shape.length === 3 ? [1, ...stored.shape] : stored.shape;
  const [n = 1, h = 1, w = 1, c = 1] = shape;
  if (shape.length !== 4)
    throw new CompileError(
      'quant/calibration',
      `--layout nhwc expects rank 4, found [${stored.shape.join(',')}]`,
    );
  const out = stored.data.slice() as Float32Array;
  const source = stored.data as Float32Array;
  for (let i = 0; i < out.length; i++) {
    const [item, channel, at] = [Math.floor(i / (c * h * w)), Math.floor(i / (h * w)) % c, i % (h * w)];
    out[i] = source[(item * h * w + at) * c + channel] as number;
  }
  return { ...stored, shape: [n, c, h, w], data: out };
}

function readBounded(file: string): Uint8Array {
  const { size } = statSync(file);
  if (!statSync(file).isFile()) throw new CompileError('file/kind', 'expected a file, found something else');
  if (size > MAX_FILE_BYTES)
    throw new CompileError('file/size', `expected at most ${MAX_FILE_BYTES} bytes, found ${size}`);
  return readFileSync(file);
}
