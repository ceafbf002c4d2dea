import { CompileError } from '@ghostc/ir';
import Long from 'long';
import { describe, expect, test } from 'vitest';
import { encodeModel } from './codec.ts';
import { readOnnx } from './read-onnx.ts';

const FLOAT = 1;
const INT64 = 7;

const dims = (shape: readonly (number | Long)[]) => ({ dim: shape.map((size) => ({ dim_value: size })) });
const value = (name: string, shape: readonly (number | Long)[] = [2]) => ({
  name,
  type: { tensor_type: { elem_type: FLOAT, shape: dims(shape) } },
});
const relu = (input: string, output: string, name = '') => ({
  op_type: 'Relu',
  name,
  input: [input],
  output: [output],
});

/** A model of one ReLU, changed. */
function model(change: object): Uint8Array {
  const graph = { name: 'g', node: [relu('x', 'y')], input: [value('x')], output: [value('y')], ...change };
  return encodeModel({ ir_version: 8, opset_import: [{ domain: '', version: 17 }], graph });
}

const external = (entries: Record<string, string>) =>
  model({
    node: [{ op_type: 'Add', input: ['x', 'w'], output: ['y'] }],
    initializer: [
      {
        name: 'w',
        data_type: FLOAT,
        dims: [2],
        data_location: 1,
        external_data: Object.entries({ location: 'w.bin', ...entries }).map(([key, text]) => ({
          key,
          value: text,
        })),
      },
    ],
  });

const sparse = (indices: readonly number[], shape: readonly number[] = [4]) =>
  model({
    node: [{ op_type: 'Add', input: ['x', 's'], output: ['y'] }],
    input: [value('x', [4])],
    sparse_initializer: [
      {
        values: { name: 's', data_type: FLOAT, dims: [indices.length], float_data: indices.map(() => 1) },
        indices: { data_type: INT64, dims: [indices.length], int64_data: indices },
        dims: shape,
      },
    ],
  });

/** What stands in front of a field of bytes, in protobuf's wire format. */
function header(number: number, bytes: number): Uint8Array {
  const length: number[] = [];
  for (let rest = bytes; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest < 128) break;
  }
  return Uint8Array.from([(number << 3) | 2, ...length]);
}

/** Model > graph > node > attribute > graph > node > ... : the encoder itself refuses to write this. */
function nested(depth: number): Uint8Array {
  const fields = [...Array.from({ length: depth }, () => [6, 5, 1]).flat(), 7];
  const headers: Uint8Array[] = [];
  let bytes = 0;
  for (const number of fields) {
    const one = header(number, bytes);
    headers.push(one);
    bytes += one.length;
  }
  return Buffer.concat(headers.reverse());
}

const huge = Long.fromNumber(2 ** 40);
const constant = (shape: readonly (number | Long)[], data: object = {}) =>
  model({ initializer: [{ name: 'w', data_type: FLOAT, dims: shape, ...data }] });

const attacks: readonly [string, () => Uint8Array][] = [
  ['external data at a negative offset', () => external({ offset: '-8' })],
  ['external data at a huge offset', () => external({ offset: '9223372036854775807' })],
  ['external data of a negative length', () => external({ length: '-1' })],
  ['external data of a huge length', () => external({ length: '1e300' })],
  ['external data longer than the tensor', () => external({ length: '4096' })],
  ['external data at no number', () => external({ offset: '0x10' })],
  ['a constant of 2^40 elements', () => constant([huge])],
  ['a constant whose dimensions overflow', () => constant([huge, huge, huge])],
  ['a constant of a negative dimension', () => constant([Long.fromNumber(-4)])],
  [
    'a constant whose dimensions wrap to its data',
    () => constant([Long.fromString('4294967298'), 1], { float_data: [1, 2] }),
  ],
  [
    'a fill of 2^40 elements',
    () =>
      model({
        node: [{ op_type: 'ConstantOfShape', input: ['n'], output: ['y'] }],
        initializer: [{ name: 'n', data_type: INT64, dims: [1], int64_data: [huge] }],
        input: [],
      }),
  ],
  ['a cycle', () => model({ node: [relu('b', 'a'), relu('a', 'b'), relu('b', 'y')] })],
  ['a node that reads itself', () => model({ node: [relu('y', 'y')] })],
  ['two values of one name', () => model({ node: [relu('x', 'y'), relu('x', 'y')] })],
  ['two inputs of one name', () => model({ input: [value('x'), value('x')] })],
  ['an input that nobody gives', () => model({ node: [relu('nobody', 'y')] })],
  ['an output that nobody makes', () => model({ output: [value('nothing')] })],
  ['a required input left out', () => model({ node: [{ op_type: 'Conv', input: ['x'], output: ['y'] }] })],
  ['sparse indices past the end', () => sparse([0, 4])],
  ['negative sparse indices', () => sparse([-1])],
  ['a sparse tensor of 2^50 elements', () => sparse([0], [2 ** 25, 2 ** 25])],
];

describe('a hostile model gives one CompileError', () => {
  test.each(attacks)('%s', (_, make) => {
    const bytes = make();
    const read = () => readOnnx(bytes, { file: 'hostile.onnx', external: () => new Uint8Array(16) });
    expect(read).toThrow(CompileError);
    expect(read).toThrow(/hostile\.onnx/);
  });
});

test.each([100, 3000, 30_000])('sub-graphs %d deep are refused, and end nothing', (depth) => {
  expect(() => readOnnx(nested(depth), { file: 'hostile.onnx' })).toThrow(CompileError);
});

test('a hundred thousand attributes are read in time', () => {
  const attribute = Array.from({ length: 100_000 }, (_, i) => ({ name: `a${i}`, type: 2, i }));
  const start = process.cpuUsage();
  try {
    readOnnx(model({ node: [{ ...relu('x', 'y'), attribute }] }), { file: 'hostile.onnx' });
  } catch (error) {
    expect(error).toBeInstanceOf(CompileError);
  }
  expect(process.cpuUsage(start).user).toBeLessThan(5e6);
});

test('a list of a million numbers in an attribute is read in time', () => {
  const ints = Array.from({ length: 1_000_000 }, (_, i) => i);
  const node = {
    op_type: 'Transpose',
    input: ['x'],
    output: ['y'],
    attribute: [{ name: 'perm', type: 7, ints }],
  };
  expect(() => readOnnx(model({ node: [node] }), { file: 'hostile.onnx' })).toThrow(CompileError);
});
