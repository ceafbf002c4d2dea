import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isQuantized, lowerForQuantizer, optimize, readModel } from '@ghostc/compiler';
import { seededSamples, withOneImage } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { quantize } from '@ghostc/quant';

/** A reference model, float or in integers. */
export interface WrittenModel {
  readonly name: string;
  readonly kind: 'float' | 'int8';
  readonly graph: () => Graph;
}

const fixtures = join(process.cwd(), 'test-fixtures/models');
const shared = join(process.cwd(), '../shared/models');

/** The models of a folder, by the names of their folders or files. */
function filesIn(folder: string, ending: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file))
    .sort()
    .map((file) => join(folder, file));
}

/** The files of every reference model: single Ghost modules, the trained network, whole GhostNets, MLPerf Tiny. */
export function referenceFiles(): string[] {
  return [
    ...filesIn(join(fixtures, 'modules'), /model\.onnx$/),
    ...filesIn(join(fixtures, 'ghost_fmnist'), /ghost_fmnist\.onnx$/),
    ...filesIn(shared, /^ghostnet.*model\.onnx$/),
    ...filesIn(join(shared, 'mlperf-tiny'), /\.tflite$/),
  ];
}

/**
 * A model unchanged, and a float one also in integers, including inputs and outputs: calibrated on seeded
 * inputs, which do not affect the bits.
 */
export function writtenModels(file: string): WrittenModel[] {
  const name = nameOf(file);
  const read = (): Graph => withOneImage(readModel(readFileSync(file), { file }), 32);
  if (isQuantized(read())) return [{ name, kind: 'int8', graph: read }];
  const integers = (): Graph => {
    const float = lowerForQuantizer(optimize(read()));
    return quantize(float, seededSamples(float, 2), { io: 'int8' }).graph;
  };
  return [
    { name, kind: 'float', graph: read },
    { name, kind: 'int8', graph: integers },
  ];
}

function nameOf(file: string): string {
  const parts = file.split('/');
  return file.endsWith('/model.onnx') ? (parts.at(-2) ?? file) : (parts.at(-1) ?? file).replace(/\.\w+$/, '');
}
