import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Editor, edit, findNode, loadOnnx, saveOnnx } from '@ghostc/edit';
import { skipWithout } from '@ghostc/runtimes';
import { expect, onTestFinished, test } from 'vitest';
import { onnxTestFolder } from '../conformance/onnx-tests.ts';
import { everyNth } from '../sweep/every-nth.ts';
import { checkRoundTrips, modelsBelow } from './check-round-trips.ts';
import { compareModels, onnxPython } from './compare-models.ts';
import { difference, linesTable, modelOf, readTasks, resultsOf } from './editing-tasks.ts';

test('a sample of models is the same after load and save', async (context) => {
  skipWithout([onnxPython], 'onnx.checker', context);
  const tests = everyNth(modelsBelow(await onnxTestFolder(process.cwd())), { every: 41, from: 7 });
  const cases = modelsBelow(join(process.cwd(), 'test-fixtures/cases'));
  const judged = checkRoundTrips([
    ...tests,
    ...cases.slice(0, 20),
    ...cases.filter(({ path }) => path.includes('qdq-conv-transpose')),
  ]);
  expect(judged.filter(({ status }) => status !== 'same' && status !== 'unrunnable')).toEqual([]);
  expect(judged.length).toBeGreaterThan(30);
});

test('a transposed convolution with another epilogue is written with weights that nodes dequantise', (context) => {
  skipWithout([onnxPython], 'onnx.checker', context);
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-edit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const graph = loadOnnx(readFileSync('test-fixtures/cases/qdq-conv-transpose-grouped/model.onnx'));
  const convolution = findNode(graph, { op: 'conv_transpose2d' });
  const pair = { name: 'epilogue', from: join(folder, 'from.onnx'), to: join(folder, 'to.onnx'), data: null };
  const after = (e: Editor): unknown =>
    e.insertAfter(convolution.output, { op: 'relu', inputs: [convolution.output] });
  writeFileSync(pair.from, saveOnnx(edit(graph, after)));
  writeFileSync(pair.to, saveOnnx(edit(graph, (e) => e.setAttrs(convolution, { activation: 'relu' }))));
  expect(compareModels([pair])).toMatchObject([{ status: 'same' }]);
});

test('with another batch, each sample gives what it gives by itself', (context) => {
  skipWithout([onnxPython], 'onnx.checker', context);
  const files = modelsBelow(join(process.cwd(), 'test-fixtures/models')).slice(0, 12);
  for (const batch of [3, 'n'])
    expect(
      checkRoundTrips(files, { batch }).filter(({ status }) => status !== 'same' && status !== 'refused'),
    ).toEqual([]);
});

const page = readFileSync('docs/coming-from.md', 'utf8');

test.each(readTasks(page))('$title', async (task) => {
  const expected = JSON.parse(readFileSync('test-fixtures/editing/results.json', 'utf8'));
  expect(difference(await resultsOf(modelOf(task)), expected[task.title])).toBeUndefined();
});

test('the page has 25 tasks, and their lines', () => {
  expect(readTasks(page)).toHaveLength(25);
  expect(page).toContain(linesTable(readTasks(page)));
});
