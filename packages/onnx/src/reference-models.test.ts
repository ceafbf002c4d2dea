import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Tensor, verify } from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { readOnnx } from './read-onnx.ts';
import { readTensorProto } from './tensor-proto.ts';

const fixtures = join(import.meta.dirname, '../../../test-fixtures/models');
const shared = join(import.meta.dirname, '../../../../shared/models');

interface Model {
  readonly name: string;
  readonly file: string;
  readonly data: string;
}

function models(folder: string): Model[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const file = ['model.onnx', `${name}.onnx`].map((stem) => join(folder, name, stem)).find(existsSync);
    return file ? [{ name, file, data: join(folder, name, 'test_data_set_0') }] : [];
  });
}

const all = [
  ...models(fixtures),
  ...models(join(fixtures, 'modules')),
  ...models(shared).filter((model) => model.name !== 'ghost_fmnist'),
];
if (!existsSync(shared)) console.log('../shared/models is absent: the large reference models are not read');

test.each(all)('reads $name and computes what PyTorch computed', ({ file, data }) => {
  const input = readTensorProto(readFileSync(join(data, 'input_0.pb')));
  const expected = readTensorProto(readFileSync(join(data, 'output_0.pb')));
  const graph = readOnnx(readFileSync(file), { file });
  verify(graph, registry);
  const [actual] = evaluateGraph(graph, [input]) as [Tensor];
  expect(actual.shape).toEqual(expected.shape);
  const [want, got] = [expected.data as Float32Array, actual.data as Float32Array];
  const largest = want.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const worst = want.reduce((most, v, i) => Math.max(most, Math.abs(v - (got[i] ?? Number.NaN))), 0);
  expect(worst / largest).toBeLessThan(1e-5);
});
