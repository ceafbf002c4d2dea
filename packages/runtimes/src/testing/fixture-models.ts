import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lowerForKernels, optimize } from '@ghostc/compiler';
import { seededSamples, withOneImage } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { type QuantizedModel, type QuantizeOptions, quantize } from '@ghostc/quant';

/** The folder of the test models. */
export const fixtures = join(import.meta.dirname, '../../../../test-fixtures/models');

/** The seed module in other opsets, and folded before: `same-program.test.ts` shows that they become the same code. */
export const sameAsSeed = ['folded', 'op17', 'op9'].map((form) => `modules/ghost_module_seed_${form}`);

/** Folders of Ghost modules that become different code. */
export const distinctModules: readonly string[] = readdirSync(join(fixtures, 'modules'))
  .map((name) => `modules/${name}`)
  .filter((folder) => !sameAsSeed.includes(folder));

/** The ONNX model in a folder, for one image; symbolic heights and widths become `side`. */
export function readFixture(folder: string, side = 1): Graph {
  const file = readdirSync(folder).find((name) => name.endsWith('.onnx')) ?? '';
  return withOneImage(readOnnx(readFileSync(join(folder, file)), { file }), side);
}

/** A float model in integers, its inputs and outputs too unless the options say otherwise; calibrated on seeded inputs. */
export function seededInt8(model: Graph, options: QuantizeOptions = { io: 'int8' }): QuantizedModel {
  const float = lowerForKernels(optimize(model));
  return quantize(float, seededSamples(float, 2), options);
}
