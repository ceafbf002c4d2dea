import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cDevice, skipWithout } from '@ghostc/runtimes';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { spread } from './evaluate/spread.ts';
import { fmnist, rankInPytorch } from './testing/fashion-mnist.ts';
import { ghostcIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const ghostc = ghostcIn(folder);
const data = [
  ...['--data', join(fmnist, 'test_images_u8_2000x28x28.bin'), '--shape', '2000x28x28'],
  ...['--labels', join(fmnist, 'test_labels_u8.bin'), '--mean', '0.2860', '--std', '0.3530'],
];

/** PyTorch's logits: how many of these images it has right, in one and in five answers. */
function pytorch(items: readonly number[]): [number, number] {
  const ranks = items.map(rankInPytorch);
  return [ranks.filter((rank) => rank === 0).length, ranks.filter((rank) => rank < 5).length];
}

test('a trained network on two targets: as many right as in PyTorch; JSON and a page', (context) => {
  skipWithout([...cDevice('host').tools, ...cDevice('cortex-m4').tools], 'c, c@cortex-m4', context);
  const targets = ['--targets', 'c,c@cortex-m4', '--limit', '100', '--sample', '20'];
  const run = ghostc(
    'evaluate',
    join(fmnist, 'ghost_fmnist.onnx'),
    ...data,
    ...targets,
    '--json',
    '--report',
    'report',
  );
  expect(run.stderr).toContain('wrote ');
  const { items, results } = JSON.parse(run.stdout);
  const [host, board] = results;
  const seen = spread(2000, 100);
  const sample = spread(100, 20).map((i) => seen[i] as number);
  expect([items, host.top1.count, host.top5.count]).toEqual([2000, ...pytorch(seen)]);
  expect([board.top1.of, board.top1.count, board.top5.count]).toEqual([20, ...pytorch(sample)]);
  expect(board.paired).toMatchObject({ onlyFirst: 0, onlySecond: 0, agreement: 1, p: 1 });
  const page = readFileSync(join(folder, 'report/evaluation.html'), 'utf8');
  expect(page).toContain('c@cortex-m4');
  expect(page).not.toMatch(/<script|https?:/);
});

const scores =
  'graph @net(%x: f32[1,3,2,2])\n  %y = global_average_pool %x\n  %z = reshape %y {shape=[1, 3]}\n  return %z\n';
writeFileSync(join(folder, 'net.gir'), scores);
writeFileSync(join(folder, 'two.gir'), scores.replace('return %z', 'return %y, %z'));
writeFileSync(
  join(folder, 'map.gir'),
  'graph @net(%x: f32[1,3,2,2])\n  %y = reduce_max %x {axes=[0, 1, 2, 3], keepdims=false}\n  return %y\n',
);
['a', 'b', 'c'].forEach((name, i) => {
  mkdirSync(join(folder, 'set', name), { recursive: true });
  const png = new PNG({ width: 2, height: 2 });
  for (let at = 0; at < 4; at++)
    png.data.set(
      [9, 9, 9, 255].map((v, c) => (c === i ? 200 : v)),
      4 * at,
    );
  writeFileSync(join(folder, 'set', name, '0.png'), PNG.sync.write(png));
});

test('pictures in folders, and what is printed', () => {
  const { stdout, stderr, status } = ghostc(
    'evaluate',
    'net.gir',
    '--data',
    'set',
    '--targets',
    'interpreter,ort',
  );
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/interpreter .* 3 .* 100\.00 % .* 43\.85 to 100\.00 %/);
  expect(stdout).toMatch(
    /against interpreter[\s\S]*ort .* 0\.00 .* -56\.15 to \+56\.15 .* 1\.000 .* 100\.00 %/,
  );
  expect(stdout).toMatch(/b +│ 1 of 1/);
});

test.for([
  ['several outputs', ['two.gir', '--data', 'set'], /evaluate\/output.*--output NAME; the outputs are y, z/],
  ['one score', ['map.gir', '--data', 'set'], /scores of at least 2 classes, found f32/],
  ['more classes than folders', ['net.gir', '--data', 'set', '--classes', 'names.txt'], /no class "c"/],
  [
    'labels that the output has not',
    ['net.gir', '--data', 'set', '--label-offset', '1'],
    /labels below 3.*found 3/,
  ],
  ['no such target', ['net.gir', '--data', 'set', '--targets', 'cuda'], /run\/target/],
  ['no number', ['net.gir', '--data', 'set', '--sample', '0'], /integer from 1 on/],
] as const)('refused: %s', ([, args, message]) => {
  writeFileSync(join(folder, 'names.txt'), 'a\nb\n');
  const run = ghostc('evaluate', '--targets', 'interpreter', ...args);
  expect(run.stderr).toMatch(message);
  expect([run.status, run.stdout]).toEqual([2, '']);
});
