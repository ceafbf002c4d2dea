import {
  autoQuantize,
  type CalibrationMethod,
  calibrationMethods,
  type QuantizedModel,
  type QuantizeOptions,
} from '@ghostc/quant';
import {
  accuracy,
  calibrationImages,
  classOf,
  loweredModel,
  testImages,
  trainedInt8,
} from './int8-models.ts';
import type { Row } from './row.ts';
import { runOn } from './run-on.ts';

/** Points of accuracy that int8 may lose. */
const LOSS = 0.3;

const methods: readonly (readonly [string, QuantizeOptions])[] = [
  ...calibrationMethods.map((method): [CalibrationMethod, QuantizeOptions] => [method, { method }]),
  ['minmax, --equalize', { equalize: true }],
  ['minmax, --fit biases', { fit: 'biases' }],
  ['minmax, --fit weights', { fit: 'weights' }],
  ['minmax, --equalize --fit biases', { equalize: true, fit: 'biases' }],
  ['minmax, --rounding single', { rounding: 'single' }],
];

const variants: readonly (readonly [string, () => QuantizedModel])[] = [
  ...methods.map(([name, options]) => [name, () => trainedInt8(options)] as const),
  ['--auto --int16-macs 0', () => searched(0)],
  ['--auto', () => searched(0.1)],
];

function searched(int16Part: number): QuantizedModel {
  return autoQuantize(loweredModel('ghost_fmnist'), calibrationImages(), { int16Part });
}

/** Accuracy of the trained network in C on the host, on 2,000 images, for every way to calibrate it. */
export async function checkMethods(progress: (what: string) => void): Promise<Row[]> {
  progress('methods: float');
  const float = loweredModel('ghost_fmnist');
  const images = testImages(float);
  const least = accuracy((await runOn('c', float, images)).map(classOf)) - LOSS;
  const rows: Row[] = [];
  for (const [name, make] of variants) {
    progress(`methods: ${name}`);
    const { graph } = make();
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
