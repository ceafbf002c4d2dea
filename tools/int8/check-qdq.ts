import { emitOnnx } from '@ghostc/backend-onnx';
import { seededInputs, seededSamples } from '@ghostc/conformance';
import { type Rounding, roundings } from '@ghostc/ops';
import { type QuantizedModel, quantize } from '@ghostc/quant';
import { type LayerInOrt, layersInOrt, runOrt } from '@ghostc/runtimes';
import { classOf, GHOSTNET, loweredModel, testImages, trainedInt8 } from './int8-models.ts';
import type { Row } from './row.ts';
import { runOn } from './run-on.ts';

/** Largest part of a layer's elements that may be a step off in ONNX Runtime. */
const SHARE = 0.001;
const SAME_CLASS = 0.995;

/**
 * Our QDQ ONNX in ONNX Runtime against the integers: every layer by itself, and the classes of 2,000 images. ONNX Runtime rounds
 * once, so the share of elements is a limit where we do too; with double rounding it is shown.
 */
export async function checkQdq(progress: (what: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const rounding of roundings) {
    progress(`QDQ: ghost_fmnist, ${rounding} rounding`);
    const model = trainedInt8({ rounding });
    rows.push(...(await checkLayers(`ghost_fmnist, ${rounding} rounding`, model, rounding)));
    rows.push(await checkClasses(`ghost_fmnist, ${rounding} rounding`, model));
  }
  progress('QDQ: GhostNet 1.0x, layer by layer');
  const float = loweredModel(GHOSTNET);
  const single = quantize(float, seededSamples(float, 2), { rounding: 'single' });
  rows.push(...(await checkLayers(`${GHOSTNET}, single rounding`, single, 'single')));
  return rows;
}

async function checkLayers(subject: string, { graph }: QuantizedModel, rounding: Rounding): Promise<Row[]> {
  const inputs = subject.startsWith(GHOSTNET) ? [seededInputs(graph, 3)] : testImages(graph, 3);
  const layers = await layersInOrt(graph, inputs);
  const steps = Math.max(...layers.map((layer) => layer.steps));
  const worst = layers.reduce((a, b) => (share(b) > share(a) ? b : a));
  const [check, target] = ['QDQ by layer', `ONNX Runtime, ${layers.length} layers`];
  const percent = (part: number): string => `${(100 * part).toFixed(3)} %`;
  const found = `${percent(share(worst))} of the elements (${worst.op} ${worst.name})`;
  // One element of a layer of few is more than 0.1 %.
  const within = layers.every((layer) => layer.different <= Math.ceil(layer.elements * SHARE));
  return [
    { check, subject, target, found: `${steps} step`, expected: 'at most 1 step', met: steps <= 1 },
    rounding === 'single'
      ? { check, subject, target, found, expected: `at most ${percent(SHARE)} (or one element)`, met: within }
      : { check, subject, target, found, met: true },
  ];
}

function share({ different, elements }: LayerInOrt): number {
  return different / elements;
}

async function checkClasses(subject: string, { graph }: QuantizedModel): Promise<Row> {
  const images = testImages(graph);
  const ours = (await runOn('c', graph, images)).map(classOf);
  const theirs = (await runOrt(emitOnnx(graph), images)).map(classOf);
  const same = theirs.filter((one, i) => one === ours[i]).length / ours.length;
  return {
    ...{ check: 'QDQ, same class', subject, target: 'ONNX Runtime, 2,000 images' },
    ...{
      found: `${(100 * same).toFixed(2)} %`,
      expected: `at least ${100 * SAME_CLASS} %`,
      met: same >= SAME_CLASS,
    },
  };
}
