import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lowerForKernels, optimize, readModel } from '@ghostc/compiler';
import { seededSamples, type Tensors, withOneImage } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { type Graph, itemAt, tensor } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import {
  normalize,
  type QuantizedModel,
  type QuantizeOptions,
  quantize,
  type Sample,
  splitSamples,
} from '@ghostc/quant';

const fixtures = join(process.cwd(), 'test-fixtures/models');
const fmnist = join(fixtures, 'ghost_fmnist');

export const GHOSTNET = 'ghostnet:1.0';

/** Float models, lowered, by name: single Ghost modules and bottlenecks, the trained network, GhostNet 1.0x at 224. */
export const modelNames: readonly string[] = [
  ...readdirSync(join(fixtures, 'modules')).sort(),
  'ghost_fmnist',
  GHOSTNET,
];

/** A model by name, a file, or a spec: ready for `quantize`. A symbolic batch is 1, symbolic images are 32 x 32. */
export function loweredModel(name: string): Graph {
  return lowerForKernels(optimize(withOneImage(graphOf(name), 32)));
}

function graphOf(name: string): Graph {
  if (name.startsWith('ghostnet:')) return buildFromSpec(name, { seed: 1 });
  if (/\.(onnx|tflite)$/.test(name)) return readModel(readFileSync(name), { file: name });
  if (name === 'ghost_fmnist') return readOnnx(readFileSync(join(fmnist, 'ghost_fmnist.onnx')));
  return readOnnx(readFileSync(join(fixtures, 'modules', name, 'model.onnx')));
}

/**
 * In int8, its inputs and outputs too; calibrated on seeded inputs, on which neither bits nor sizes depend. A model that has
 * integers is taken as it is.
 */
export function seededInt8(name: string): Graph {
  const float = loweredModel(name);
  if ([...float.nodes()].some(({ op }) => op.startsWith('qlinear_'))) return float;
  return quantize(float, seededSamples(float, 2), { io: 'int8' }).graph;
}

/** The trained network in int8, calibrated on its 200 calibration images. */
export function trainedInt8(options: QuantizeOptions = {}): QuantizedModel {
  return quantize(loweredModel('ghost_fmnist'), calibrationImages(), options);
}

/** The 200 calibration images of the trained network. */
export function calibrationImages(): Sample[] {
  const float = loweredModel('ghost_fmnist');
  return images(float, 'calib_images_u8_200x28x28.bin').map((inputs, i) => ({ name: `image ${i}`, inputs }));
}

/** The first of its 2,000 test images. */
export function testImages(graph: Graph, count = 2000): Tensors[] {
  return images(graph, 'test_images_u8_2000x28x28.bin').slice(0, count);
}

/** (u8 / 255 - 0.2860) / 0.3530 */
function images(graph: Graph, file: string): Tensors[] {
  const bytes = new Uint8Array(readFileSync(join(fmnist, file)));
  const [input] = graph.inputs;
  if (!input) throw new Error('the network has no input');
  const stored = tensor('u8', [bytes.length / (28 * 28), 28, 28], bytes);
  return splitSamples(stored, { name: input.name, shape: input.type.shape }).map(
    (image) => new Map([[input.name, normalize(image, { mean: [0.286], std: [0.353] })]]),
  );
}

/** Index of the largest element of the only output. */
export function classOf(outputs: Tensors): number {
  const { data } = itemAt([...outputs.values()], 0);
  let best = 0;
  for (let i = 1; i < data.length; i++) if (Number(data[i]) > Number(data[best])) best = i;
  return best;
}

/** Percent of the test images that are classified right. */
export function accuracy(classes: readonly number[]): number {
  const labels = readFileSync(join(fmnist, 'test_labels_u8.bin'));
  return (100 * classes.filter((one, i) => one === labels[i]).length) / classes.length;
}
