import { accuracy, classOf, loweredModel, testImages, trainedInt8 } from './int8-models.ts';
import type { Row } from './row.ts';
import { countDifferent, runOn } from './run-on.ts';

/** Points of accuracy that int8 may lose. */
const LOSS = 0.3;
const ON_CHIP = 200;

/** The trained network: float and int8 on 2,000 images in C on the host, int8 on 200 of them in C on a Cortex-M4. */
export async function checkAccuracy(progress: (what: string) => void): Promise<Row[]> {
  progress('accuracy: float on c');
  const float = loweredModel('ghost_fmnist');
  const all = testImages(float);
  const floatAccuracy = accuracy((await runOn('c', float, all)).map(classOf));
  progress('accuracy: calibrating');
  const { graph, leftInFloat } = trainedInt8();
  progress('accuracy: int8 on c and c@cortex-m4');
  const onHost = await runOn('c', graph, all);
  const onChip = await runOn('c@cortex-m4', graph, all.slice(0, ON_CHIP));
  const hostAccuracy = accuracy(onHost.map(classOf));
  const { different, elements } = countDifferent(onHost.slice(0, ON_CHIP), onChip);
  const row = { check: 'accuracy', subject: 'ghost_fmnist int8' };
  const percent = (value: number): string => `${value.toFixed(2)} %`;
  return [
    {
      ...row,
      subject: 'ghost_fmnist float',
      target: 'c, 2,000 images',
      found: percent(floatAccuracy),
      met: true,
    },
    {
      ...row,
      target: 'c, 2,000 images',
      found: percent(hostAccuracy),
      expected: `at least ${percent(floatAccuracy - LOSS)}`,
      met: hostAccuracy >= floatAccuracy - LOSS - 1e-9,
    },
    {
      ...row,
      target: `c@cortex-m4, ${ON_CHIP} images`,
      found: `${percent(accuracy(onChip.map(classOf)))}, ${different} of ${elements} elements differ from the host`,
      expected: `0 differ; host on these: ${percent(accuracy(onHost.slice(0, ON_CHIP).map(classOf)))}`,
      met: different === 0,
    },
    {
      ...row,
      target: 'layers left in float',
      found: `${leftInFloat.length}`,
      expected: '0',
      met: leftInFloat.length === 0,
    },
  ];
}
