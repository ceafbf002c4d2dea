import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { skipWithout, wgslTools } from '@ghostc/runtimes';
import { beforeAll, expect, test } from 'vitest';
import { ghostcIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();

const model = `graph @small(%x: f32[n,8,6,6])
  const %a: f32[24,8,1,1] = random(1)
  const %b: f32[8,24,1,1] = random(2)
  %0 = conv2d %x, %a {activation="relu"}
  %1 = conv2d %0, %b
  return %1
`;

beforeAll(() => {
  writeFileSync(join(folder, 'small.gir'), model);
  writeFileSync(join(folder, 'relu.gir'), 'graph @r(%x: f32[4])\n  %0 = relu %x\n  return %0\n');
});

const ghostc = ghostcIn(folder);
const tune = (...args: readonly string[]) => ghostc('tune', ...args, '--target', 'wgsl', '--cache', 'c.json');

test('what tune measured is kept by adapter and layer, and compile --tuned uses it', (context) => {
  skipWithout(wgslTools, 'tune', context);
  const tuned = tune('small.gir', '--bind', 'n=2', '--rounds', '1');
  expect(tuned.stderr).toBe('');
  expect(tuned.stdout).toMatch(/pointwise 8x24 36.*\n.*pointwise 24x8 36/);
  expect(tuned.stdout).toMatch(/whole network: .* ratio \d/);
  const cache = JSON.parse(readFileSync(join(folder, 'c.json'), 'utf8'));
  const [[adapter, choices]] = Object.entries(cache.adapters) as [[string, Record<string, object>]];
  expect(Object.keys(choices)).toEqual(['pointwise 8x24 36', 'pointwise 24x8 36']);

  choices['pointwise 8x24 36'] = { blocks: 1, group: 32 };
  choices['pointwise 24x8 36'] = { blocks: 1, group: 16 };
  writeFileSync(join(folder, 'c.json'), JSON.stringify(cache));
  const args = [
    'compile',
    'small.gir',
    '--target',
    'wgsl',
    '--bind',
    'n=2',
    '--cache',
    'c.json',
    '--out',
    'web',
  ];
  expect(ghostc(...args, '--tuned', adapter)).toMatchObject({ status: 0, stderr: '' });
  const text = readdirSync(join(folder, 'web')).map((name) =>
    readFileSync(join(folder, 'web', name), 'utf8'),
  );
  expect(text.join()).toMatch(/pointwise_4c_g32_vec4f_relu/);
  expect(text.join()).toMatch(/pointwise_4c_g16_vec4f_none/);

  const again = tune('small.gir', '--bind', 'n=2', '--rounds', '1', '--json');
  expect(JSON.parse(again.stdout).layers).toHaveLength(2);
});

test('bad input is refused, and loses nothing', (context) => {
  skipWithout(wgslTools, 'tune', context);
  writeFileSync(join(folder, 'bad.json'), '{"format":"other"}');
  const bad = ghostc('tune', 'small.gir', '--target', 'wgsl', '--bind', 'n=1', '--cache', 'bad.json');
  expect(bad).toMatchObject({ status: 2 });
  expect(bad.stderr).toMatch(/bad.json: expected the format ghostc-tuning/);
  expect(readFileSync(join(folder, 'bad.json'), 'utf8')).toBe('{"format":"other"}');
  expect(tune('relu.gir').stderr).toMatch(/no layer whose kernel has a choice of shapes/);
  expect(tune('small.gir', '--rounds', '0')).toMatchObject({ status: 2 });
  expect(tune('small.gir').stderr).toMatch(/expected a size for every dimension/);
  const untuned = ghostc(
    ...['compile', 'small.gir', '--target', 'wgsl', '--bind', 'n=1', '--cache', 'none.json'],
    ...['--out', 'x', '--tuned'],
  );
  expect(untuned).toMatchObject({ status: 2 });
  expect(untuned.stderr).toMatch(/no adapter/);
});

test('help shows how tune and compile go together', () => {
  expect(ghostc('tune', '--help').stdout).toMatch(
    /Examples:[\s\S]*ghostc compile model.onnx --target wgsl --tuned/,
  );
});
