import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bundle, ghostcIn, models, plainEnvironment } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const model = join(models, 'modules/ghost_module_ratio3/model.onnx');
const folder = testFolder();

beforeAll(() => {
  writeFileSync(join(folder, 'file'), 'text');
  writeFileSync(join(folder, 'empty.onnx'), '');
  writeFileSync(join(folder, 'broken.mjs'), 'throw new Error("no engine today")');
  writeFileSync(join(folder, 'junk.tflite'), 'junk');
  symlinkSync('loop', join(folder, 'loop.onnx'));
  mkdirSync(join(folder, 'folder.onnx'));
  mkdirSync(join(folder, 'in-the-way/ghost_module_ratio3.onnx'), { recursive: true });
  mkdirSync(join(folder, 'calibration'));
  writeFileSync(join(folder, 'calibration/a.png'), 'no picture');
});

const all = (): string[] => (readdirSync(folder, { recursive: true }) as string[]).sort();

/** The last argument of a command that writes is where. */
const cases: readonly (readonly string[])[] = [
  ['compile', 'missing.onnx', '--target', 'c', '--out', 'new'],
  ['compile', 'folder.onnx', '--target', 'onnx', '--out', 'new'],
  ['compile', 'loop.onnx', '--target', 'wgsl', '--out', 'new'],
  ['compile', model, '--target', 'c', '--out', 'file'],
  ['compile', model, '--target', 'c', '--out', 'file/below'],
  ['compile', model, '--target', 'c', '--out', '/proc/ghostc'],
  ['compile', model, '--target', 'onnx', '--out', 'in-the-way'],
  ['compile', model, '--target', 'wgsl', '--tuned', '--cache', 'calibration', '--out', 'new'],
  ['quantize', 'empty.onnx', '--seeded', '1', '--out', 'new/q.onnx'],
  ['quantize', model, '--calibration', 'calibration', '--out', 'new/q.onnx'],
  ['quantize', model, '--seeded', '1', '--out', 'folder.onnx'],
  ['verify', model, '--data', 'file'],
  ['inspect', 'junk.tflite'],
  ['fit', model, '--board', 'stm32f746', '--boards', 'calibration'],
  ['profile', 'folder.onnx', '--device', 'cortex-m4'],
  ['explain', 'missing.onnx', '--rule', 'fold-batch-norm-into-conv'],
  ['bisect', model, '--a', 'interpreter', '--b', './missing.mjs'],
  ['bisect', model, '--a', 'interpreter', '--b', './broken.mjs'],
];

const named = cases.map((args) => ({
  args,
  what: args.map((one) => (one === model ? 'MODEL' : one)).join(' '),
}));

test.each(named)('ghostc $what: one clear error, and nothing is left behind', ({ args }) => {
  const before = all();
  const run = ghostcIn(folder)(...args);
  expect(run).toMatchObject({ status: 2, stdout: '' });
  expect(run.stderr).toMatch(/^error\[[\w/-]+\]: .+/);
  expect(run.stderr).not.toMatch(/\n\s+at .*(:\d+:\d+|node:)/); // a stack
  expect(run.stderr.match(/error\[/g)).toHaveLength(1);
  expect(all()).toEqual(before);
});

test('a disk that takes no more leaves nothing behind', () => {
  const before = all();
  const command = `ulimit -f 1; exec "$@"`;
  const args = [process.execPath, bundle, 'compile', model, '--target', 'c', '--out', 'new/out'];
  const env = plainEnvironment();
  const run = spawnSync('bash', ['-c', command, 'bash', ...args], { cwd: folder, encoding: 'utf8', env });
  expect(run).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^error\[file\/EFBIG\]: file too large/),
  });
  expect(all()).toEqual(before);
});
