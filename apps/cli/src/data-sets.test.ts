import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { f32, type Graph, parseGraph, type Tensor, tensor } from '@ghostc/ir';
import { writeTensorProto } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { readDataSets, readInputSets } from './data-sets.ts';
import { npy, npz } from './testing/numpy-files.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const model: Graph = parseGraph(
  'graph @g(%a: f32[2,n], %b: i8[2] quant(0.5:1))\n  %c = relu %a\n  %d = dequantize_linear %b\n  return %c, %d',
  { registry },
);
const a = f32([2, 3], [0, -1, 2, 3, 4, 5]);
const b = tensor('i8', [2], Int8Array.of(3, -7));
const c = f32([2, 3], [0, 0, 2, 3, 4, 5]);

function write(name: string, content: Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const values = (sets: ReturnType<typeof readDataSets>): unknown[] =>
  sets.map(({ inputs, outputs }) =>
    [...inputs, ...outputs].map(([name, { data }]) => [name, [...data].map(Number)]),
  );

const whole = [
  ['a', [0, -1, 2, 3, 4, 5]],
  ['b', [3, -7]],
  ['c', [0, 0, 2, 3, 4, 5]],
];

test.each([
  ['names of tensors', { a, b, c }, 0],
  ['names of tensors, compressed', { a, b, c }, 8],
  ['positions', { input_0: a, input_1: b, output_0: c }, 8],
  ['unnamed arrays', { arr_0: a, arr_1: b, arr_2: c }, 8],
  ['quantised integers as floats', { a, b: f32([2], [1, -4]), c }, 0],
] as const)('an .npz with %s', (_, arrays, method) => {
  expect(values(readDataSets(write('x.npz', npz(arrays, method)), model))).toEqual([whole]);
});

test('folders of test data sets, of archives, of files', () => {
  const many = join(folder, 'many');
  for (const set of ['test_data_set_0', 'test_data_set_1']) {
    mkdirSync(join(many, set), { recursive: true });
    writeFileSync(join(many, set, 'input_0.pb'), writeTensorProto(a));
    writeFileSync(join(many, set, 'input_1.npy'), npy(b));
  }
  expect(values(readDataSets(many, model))).toEqual([whole.slice(0, 2), whole.slice(0, 2)]);
  writeFileSync(join(many, 'test_data_set_0/c.npy'), npy(c));
  expect(values(readDataSets(join(many, 'test_data_set_0'), model))).toEqual([whole]);
  const archives = join(folder, 'archives');
  mkdirSync(archives);
  for (const name of ['10', '9']) writeFileSync(join(archives, `${name}.npz`), npz({ a, b }, 8));
  expect(readDataSets(archives, model).map(({ name }) => name)).toEqual(['9.npz', '10.npz']);
});

test('of calibration data a batch in every input is so many sets', () => {
  const twice = f32([4, 3], [...a.data, ...a.data].map(Number));
  const both = tensor('i8', [4], Int8Array.of(3, -7, 4, -8));
  const sets = readInputSets(write('batches.npz', npz({ a: twice, b: both }, 0)), model);
  expect(sets.map(({ name }) => name)).toEqual(['batches.npz#0', 'batches.npz#1']);
  expect(sets.map(({ inputs }) => [...(inputs.get('b')?.data ?? [])])).toEqual([
    [3, -7],
    [4, -8],
  ]);
  const unlike = write('unlike.npz', npz({ a: twice, b }, 0));
  expect(() => readInputSets(unlike, model)).toThrow('input a expects [2,n], found [4,3]');
});

test('float32 stands for bfloat16 where it has the same numbers', () => {
  const brief = parseGraph('graph @g(%a: bf16[2])\n  %c = relu %a\n  return %c', { registry });
  const read = (numbers: number[]) => readDataSets(write('brief.npy', npy(f32([2], numbers))), brief);
  expect(read([1.5, Number.NaN])[0]?.inputs.get('a')?.dtype).toBe('bf16');
  expect(() => read([1.001, 2])).toThrow('input a expects bf16, found f32');
});

test('a file with the only input', () => {
  const one = parseGraph('graph @g(%a: f32[2,3])\n  %c = relu %a\n  return %c', { registry });
  expect(values(readDataSets(write('one.npy', npy(a)), one))).toEqual([whole.slice(0, 1)]);
  expect(values(readDataSets(write('one.pb', writeTensorProto(a)), one))).toEqual([whole.slice(0, 1)]);
});

test.each([
  ['another shape', { a: f32([3, 2], [0, 1, 2, 3, 4, 5]), b }, 'input a expects [2,n], found [3,2]'],
  [
    'another type',
    { a: tensor('f64', [2, 1], Float64Array.of(1, 2)), b },
    'input a expects f32, found f64; save with .astype(numpy.float32)',
  ],
  ['an output of another shape', { a, b, d: f32([3], [1, 2, 3]) }, 'output d expects [2], found [3]'],
  ['an input missing', { a }, 'bad.npz: input 1 (b) is not there; found a'],
])('%s is told with file and tensor', (_, arrays: Readonly<Record<string, Tensor>>, message) => {
  const file = write('bad.npz', npz(arrays, 8));
  expect(() => readDataSets(file, model)).toThrow(message);
  expect(() => readDataSets(file, model)).toThrow(file);
});

test('damaged archives are refused at every length, and so is a member that unpacks to more than it says', () => {
  const good = npz({ a, b }, 8);
  for (let length = 0; length < good.length; length++)
    expect(() => readDataSets(write('cut.npz', good.subarray(0, length)), model)).toThrow(
      'expected a ZIP archive',
    );
  const large = Buffer.from(good);
  large.writeUInt32LE(1, large.indexOf('PK\x01\x02') + 24);
  expect(() => readDataSets(write('large.npz', large), model)).toThrow('does not unpack to its 1 bytes');
});
