import { type CalibrationMethod, calibrationMethods, type QuantizeOptions } from '@ghostc/quant';
import { accuracy, classOf, loweredModel, testImages, trainedInt8 } from './int8-models.ts';
import type { Row } from './row.ts';
import { runOn } from './run-on.ts';

/** Points of accuracy that int8 may lose. */
const LOSS = 0.3;

const variants: readonly (readonly [string, QuantizeOptions])[] = [
  ...calibrationMethods.map((method): [CalibrationMethod, QuantizeOptions] => [method, { method }]),
  ['minmax, --equalize', { equalize: true }],
  ['minmax, --fit biases', { fit: 'biases' }],
  ['minmax, --fit weights', { fit: 'weights' }],
  ['minmax, --equalize --fit biases', { equalize: true, fit: 'biases' }],
  ['minmax, --rounding single', { rounding: 'single' }],
];

/** Accuracy of the trained network in C on the host, on 2,000 images, for every way to calibrate it. */
export async function checkMethods(progress: (what: string) => void): Promise<Row[]> {
  progress('methods: float');
  const float = loweredModel('ghost_fmnist');
  const images = testImages(float);
  const least = accuracy((await runOn('c', float, images)).map(classOf)) - LOSS;
  const rows: Row[] = [];
  for (const [name, options] of variants) {
    progress(`methods: ${name}`);
    const { graph } = trainedInt8(options);
    const found = accuracy((await runOn('c', graph, images)).map(classOf));
    rows.push({
      ...{ check: 'calibration', subject: `ghost_fmnist, ${name}`, target: 'c, 2,000 images' },
      ...{
        found: `${found.toFixed(2)} %`,
        expected: `at least ${least.toFixed(2)} %`,
        met: found >= least - 1e-9,
      },
    });
  }
  return rows;
}
