import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const model = join(models, 'modules/ghost_module_ratio3/model.onnx');
const folder = testFolder();

const run = (command: string, ...args: string[]) =>
  spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
const ghostc = ghostcIn(folder);

/** A third party's engine that gives zeros for everything. */
const zeros = `export default {
  name: 'zeros',
  prepare: async ({ outputs }) => ({
    run: async () => new Map(outputs.map(({ name, value: { type: { dtype, shape } } }) =>
      [name, { dtype, shape, data: new Float32Array(shape.reduce((p, d) => p * d, 1)) }])),
  }),
};`;

test('two runtimes that agree leave with 0', () => {
  const { status, stdout } = ghostc('bisect', model, '--a', 'ort', '--b', 'interpreter', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ agree: true, culprit: null, smallest: null });
});

test("a user's engine is bisected, and the reproduction stands alone", () => {
  writeFileSync(join(folder, 'zeros.mjs'), zeros);
  const { status, stdout } = ghostc(
    'bisect',
    model,
    '--a',
    'ort',
    '--b',
    './zeros.mjs',
    '--out',
    'repro',
    '--json',
  );
  expect(status).toBe(1);
  const { agree, culprit, smallest } = JSON.parse(stdout);
  expect({ agree, op: culprit.op, nodes: smallest.nodes }).toEqual({
    agree: false,
    op: 'conv2d',
    nodes: ['conv2d'],
  });
  expect(readdirSync(join(folder, 'repro')).sort()).toEqual([
    'main.c',
    'model.c',
    'model.gir',
    'model.h',
    'model.html',
    'model.onnx',
    'model_weights.c',
    'test_data_set_0',
  ]);
  const again = ghostc(
    'verify',
    'repro/model.onnx',
    '--data',
    'repro',
    '--targets',
    'original,interpreter,c',
  );
  expect(again.status).toBe(0);
  expect(programOf('repro')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^output 0: 0 of \d+/),
  });
  const main = readFileSync(join(folder, 'repro/main.c'), 'utf8');
  writeFileSync(join(folder, 'repro/main.c'), main.replace(/(?<=want0\[\d+\] = \{\s*)[^,]+/, '1e9'));
  expect(programOf('repro')).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^output 0\[0\]: expected 1e\+09, found /),
  });
});

function programOf(repro: string) {
  const sources = ['main.c', 'model.c', 'model_weights.c'].map((name) => `${repro}/${name}`);
  expect(run('cc', '-Wall', '-Wextra', `-I${repro}`, ...sources, '-lm', '-o', 'main').stderr).toBe('');
  return run(join(folder, 'main'));
}

test('an engine without prepare is refused', () => {
  writeFileSync(join(folder, 'none.mjs'), 'export default 1');
  const { status, stderr } = ghostc('bisect', model, '--a', 'ort', '--b', './none.mjs');
  expect({ status, told: stderr.includes('expected a default export') }).toEqual({ status: 2, told: true });
});
