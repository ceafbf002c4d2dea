import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cDevice, countingDevice, skipWithout } from '@ghostc/runtimes';
import { expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const model = join(models, 'modules/ghost_module_ratio3/model.onnx');
const folder = testFolder();

test.for(['cortex-m4', 'rv32', 'aarch64'])(
  'the layers of %s add up to the whole, twice the same',
  (device, context) => {
    skipWithout(countingDevice(device).tools, device, context);
    const args = ['profile', model, '--device', device, '--json', '--report', folder];
    const [first, second] = [1, 2].map(() => ghostcIn(folder)(...args));
    const { unit, total, layers, macs } = JSON.parse(first?.stdout ?? '');
    expect(JSON.parse(second?.stdout ?? '').total).toBe(total);
    expect({ unit, macs, ops: layers.map(({ op }: { op: string }) => op) }).toEqual({
      unit: 'instructions',
      macs: undefined,
      ops: ['conv2d', 'depthwise_conv2d'],
    });
    const sum = layers.reduce((all: number, { cost }: { cost: number }) => all + cost, 0);
    expect(total - sum).toBeGreaterThanOrEqual(0);
    expect(total - sum).toBeLessThan(200); // entry and checks of the run function
    const page = readFileSync(join(folder, 'profile.html'), 'utf8');
    expect(page.match(/aria-roledescription="rect mark"/g)?.length).toBeGreaterThanOrEqual(2);
    expect(page.match(/<svg/g)).toHaveLength(2);
  },
);

test('each layer takes time on the host, a large one more', (context) => {
  skipWithout(cDevice('host').tools, 'host', context);
  const wide = join(folder, 'wide.gir');
  const graph = `graph @wide(%x: f32[1,16,16,16])
  const %a: f32[16,16,3,3] = random(1)
  const %b: f32[1,16,1,1] = random(2)
  %y = conv2d %x, %a {pads=[1,1,1,1]}
  %z = conv2d %y, %b
  return %z`;
  writeFileSync(wide, graph);
  const { unit, layers } = JSON.parse(ghostcIn(folder)('profile', wide, '--device', 'host', '--json').stdout);
  const [large, small] = layers.map(({ cost }: { cost: number }) => cost);
  expect(unit).toBe('nanoseconds');
  expect(small).toBeGreaterThan(0);
  expect(large).toBeGreaterThan(small);
});

test('the nodes of a model on an engine of the user, each by itself', () => {
  const engine = join(models, '../engines/busy-engine.mjs');
  const { stdout } = ghostcIn(folder)('profile', model, '--runtime', engine, '--json');
  const { runtime, total, layers } = JSON.parse(stdout);
  const ops: string[] = layers.map(({ op }: { op: string }) => op);
  expect(runtime).toBe('busy');
  const normalised = layers[ops.indexOf('batch_norm')];
  // It takes 1 ms for every node, 4 for a batch_norm.
  for (const { op, cost } of layers) expect(cost, op).toBeGreaterThan(1e6);
  expect(normalised.cost).toBeGreaterThan(4e6);
  expect(layers[0].macs).toBeGreaterThan(0);
  expect(total).toBeGreaterThan(1e6 * (layers.length + 6));
});
