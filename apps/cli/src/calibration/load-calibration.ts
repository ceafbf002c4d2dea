import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { CompileError, type Graph, type Value, withLocation } from '@ghostc/ir';
import { normalize, type Sample, splitSamples } from '@ghostc/quant';
import { readInputSets } from '../data-sets.ts';
import type { CalibrationSpec } from './calibration-spec.ts';
import { readArray, withChannelsFirst } from './read-array.ts';
import { isPicture, readPicture } from './read-picture.ts';

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
  const known = (name: string): boolean => isPicture(name) || arrays.has(extname(name));
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
  return withLocation({ file }, () => ({
    name: file,
    inputs: new Map([[input.name, readPicture(file, input, spec)]]),
  }));
}

function arraySamples(file: string, input: Value, spec: CalibrationSpec): Sample[] {
  return withLocation({ file }, () => {
    const stored = withChannelsFirst(readArray(file, spec), spec);
    return splitSamples(stored, { name: input.name, shape: input.type.shape }).map((item, i) => ({
      name: `${file}#${i}`,
      inputs: new Map([[input.name, normalize(item, spec)]]),
    }));
  });
}
