import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as edit from '@ghostc/edit';
import * as ir from '@ghostc/ir';
import * as ops from '@ghostc/ops';
import * as passes from '@ghostc/passes';
import * as safetensors from '@ghostc/safetensors';
import { expect, test } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../../docs/changing-graphs.md'), 'utf8');
const blocks = [...page.matchAll(/^## (.*)\n[\s\S]*?```ts\n([\s\S]*?)```/gm)].map(
  ([, title = '', code = '']) => ({ title, code }),
);

const text = readFileSync(join(import.meta.dirname, '../../test-fixtures/graphs/small_net.gir'), 'utf8');

/** What each block prints, in the order of the page. */
const printed: Readonly<Record<string, unknown[]>> = {
  'Build from nothing': [2, ['n', 4, 1, 1]],
  'The text form': [2, true],
  'Weights out and back': [['w', 'v'], 2],
  Find: [2, [1, 4, 8, 8], 'f32'],
  Walk: [['conv2d', 'relu', 'conv2d', 'global_average_pool', 'reshape'], ['conv2d'], ['w', 'v']],
  'Insert, replace, take out': [5, 6, 4],
  'Many changes at once': [6, 2],
  'Parts of a model': [true, '1'],
  'Names, batch and size': [true, [1, 3, 16, 16]],
  'What comes in and goes out': [{ dtype: 'u8', shape: [1, 8, 8, 3] }, 2, 5, 5],
  Rules: [1, []],
  'More than one node': [1, true, 0],
  "A pass of one's own": [5],
};

test('every section of the page has a block that runs', () => {
  expect(blocks.map(({ title }) => title)).toEqual(Object.keys(printed));
});

test.each(blocks)('$title', ({ title, code }) => {
  const model = ir.parseGraph(text, { registry: ops.registry });
  const packages = { edit, ir, ops, passes, safetensors };
  const body = code.replace(
    /^import \{([^}]*)\} from '@ghostc\/(\w+)';$/gm,
    (_, names, from) => `const {${names}} = packages.${from};`,
  );
  const output: unknown[] = [];
  const run = new Function(
    'packages',
    'model',
    'bytes',
    'console',
    title === 'Find' ? body.replace('const model = loadOnnx(bytes);', 'model = loadOnnx(bytes);') : body,
  );
  run(packages, model, edit.saveOnnx(model), { log: (...values: unknown[]) => output.push(...values) });
  expect(output).toEqual(printed[title]);
});
