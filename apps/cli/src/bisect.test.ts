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
    'README.md',
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

const groups = `graph @groups(%x: f32[1,4,5,5])
const %w: f32[4,1,3,3] = random(1)
%a = relu %x
%b = conv2d %a, %w {group=4}
return %b`;

/** An engine that fails on convolutions in groups, and gives zeros for everything else. */
const failing = (how: string): string => `export default {
  name: 'failing',
  prepare: async (graph) => ({
    run: async () => {
      if ([...graph.nodes()].some(({ op, attrs }) => op === 'conv2d' && attrs.group > 1)) { ${how} }
      return new Map(graph.outputs.map(({ name, value: { type: { dtype, shape } } }) =>
        [name, { dtype, shape, data: new Float32Array(shape.reduce((p, d) => p * d, 1)) }]));
    },
  }),
};`;

test.each([
  ['a crash', 'process.abort();', 'engine/died', '60'],
  ['a hang', 'for (;;);', 'engine/timeout', '4'],
  ['an exception', 'throw new Error("no groups");', 'engine/error', '60'],
])('%s is found and reduced like a difference', (_, how, code, timeout) => {
  writeFileSync(join(folder, 'failing.mjs'), failing(how));
  writeFileSync(join(folder, 'groups.gir'), groups);
  const args = [
    'bisect',
    'groups.gir',
    '--b',
    './failing.mjs',
    '--timeout',
    timeout,
    '--max-trials',
    '1',
    '--json',
  ];
  const { status, stdout } = ghostc(...args, '--out', 'failed');
  expect(status).toBe(1);
  const { whole, culprit, smallest } = JSON.parse(stdout);
  expect(whole).toMatchObject({ kind: 'failure', failures: [{ side: 'b', code }] });
  expect(culprit.op).toBe('conv2d');
  expect(smallest.nodes).toEqual(['conv2d']);
  const words = readFileSync(join(folder, 'failed/README.md'), 'utf8');
  expect(words).toContain('`./failing.mjs` (a foreign engine)');
  expect(words).toContain("`main.c` is ghostc's C, which was not compared");
});

test('two models are compared where values have the same names', () => {
  const text = (pads: string) => `graph @two(%x: f32[1,3,8,8])
const %w: f32[4,3,3,3] = random(1)
const %v: f32[4,4,1,1] = random(2)
%a = conv2d %x, %w {pads=[${pads}]}
%b = relu %a
%c = conv2d %b, %v
return %c`;
  writeFileSync(join(folder, 'one.gir'), text('1,1,1,1'));
  writeFileSync(join(folder, 'two.gir'), text('0,1,2,1'));
  const { status, stdout } = ghostc('bisect', 'one.gir', 'two.gir', '--out', 'two', '--json');
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    culprit: { node: 'a', op: 'conv2d' },
    smallest: { nodes: ['conv2d'] },
  });
  const again = ghostc('bisect', 'two/model.onnx', 'two/other.onnx', '--data', 'two', '--a', 'ort');
  expect(again.status).toBe(1);
  expect(ghostc('bisect', 'one.gir', 'one.gir').status).toBe(0);
});
