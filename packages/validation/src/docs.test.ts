import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as edit from '@ghostc/edit';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import * as passes from '@ghostc/passes';
import { expect, test } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../../../docs/changing-graphs.md'), 'utf8');
const blocks = [...page.matchAll(/^## (.*)\n[\s\S]*?```ts\n([\s\S]*?)```/gm)].map(
  ([, title = '', code = '']) => ({ title, code }),
);

const text = readFileSync(join(import.meta.dirname, '../../../test-fixtures/graphs/small_net.gir'), 'utf8');

/** What each block prints, in the order of the page. */
const printed: Readonly<Record<string, unknown[]>> = {
  Find: [2, [1, 4, 8, 8], 'f32'],
  Walk: [['conv2d', 'relu', 'conv2d', 'global_average_pool', 'reshape'], ['conv2d'], ['w', 'v']],
  'Insert, replace, take out': [5, 6, 4],
  'Many changes at once': [6, 2],
  'Parts of a model': [true, '1'],
  'Names, batch and size': [true, [1, 3, 16, 16]],
  Rules: [1, []],
};

test('every section of the page has a block that runs', () => {
  expect(blocks.map(({ title }) => title)).toEqual(Object.keys(printed));
});

test.each(blocks)('$title', ({ title, code }) => {
  const model = parseGraph(text, { registry });
  const body = code.replace(
    /^import \{(.*)\} from '@ghostc\/(\w+)';$/gm,
    (_, names, from) => `const {${names}} = ${from}Package;`,
  );
  const output: unknown[] = [];
  const run = new Function(
    'editPackage',
    'passesPackage',
    'model',
    'bytes',
    'console',
    title === 'Find' ? body.replace('const model = loadOnnx(bytes);', 'model = loadOnnx(bytes);') : body,
  );
  run(edit, passes, model, edit.saveOnnx(model), { log: (...values: unknown[]) => output.push(...values) });
  expect(output).toEqual(printed[title]);
});
