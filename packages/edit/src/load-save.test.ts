import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeModel, encodeModel } from '@ghostc/onnx';
import { expect, test } from 'vitest';
import { edit, findNode, loadOnnx, mergeModels, renameValues, saveOnnx } from './index.ts';

const FLOAT = 1;
const tensor = (name: string, ...sizes: (number | string)[]): object => ({
  name,
  type: {
    tensor_type: {
      elem_type: FLOAT,
      shape: {
        dim: sizes.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size })),
      },
    },
  },
});

const model = (nodes: object[], more: object = {}): Uint8Array =>
  encodeModel({
    ir_version: 8,
    opset_import: [
      { domain: '', version: 15 },
      { domain: 'my.ops', version: 3 },
    ],
    producer_name: 'pytorch',
    producer_version: '2.4',
    domain: 'org.example',
    model_version: 7,
    doc_string: 'a model',
    metadata_props: [{ key: 'classes', value: 'cat,dog' }],
    graph: {
      name: 'net',
      doc_string: 'its graph',
      input: [tensor('x', 'n', 4)],
      output: [tensor('y', 'n', 4)],
      value_info: [tensor('h', 'n', 4)],
      node: nodes,
    },
    ...more,
  });
const relus = [
  { op_type: 'Relu', name: 'a', input: ['x'], output: ['h'] },
  { op_type: 'Neg', name: 'b', input: ['h'], output: ['y'] },
];

test('metadata, doc strings, producer, opset, names and stated types stay through load, edit and save', () => {
  const bytes = model(relus);
  const edited = edit(loadOnnx(bytes), (e) => e.insertAfter('h', { op: 'abs', inputs: ['h'], name: 'c' }));
  const [before, after] = [decodeModel(bytes), decodeModel(saveOnnx(edited))];
  for (const key of ['producer_name', 'producer_version', 'domain', 'doc_string', 'metadata_props'] as const)
    expect(after[key]).toEqual(before[key]);
  expect(Number(after.model_version)).toBe(7);
  expect(after.graph).toMatchObject({ name: 'net', doc_string: 'its graph' });
  expect(after.graph?.value_info?.map(({ name }) => name)).toEqual(['h', 'c']);
  expect(after.opset_import?.map(({ version }) => Number(version))).toEqual([15, 3]);
  expect(Number(decodeModel(saveOnnx(edited, { opset: 19 })).opset_import?.[0]?.version)).toBe(19);
});

test('doc strings and metadata of values stay, also under another name and from both of two models', () => {
  const noted = (name: string) => ({
    ...tensor(name, 'n', 4),
    doc_string: `the ${name}`,
    metadata_props: [{ key: 'unit', value: 'm' }],
  });
  const weight = { name: 'w', dims: [4], data_type: 1, raw_data: new Uint8Array(16), doc_string: 'all zero' };
  const bytes = model([], {
    graph: {
      name: 'net',
      metadata_props: [{ key: 'step', value: '9' }],
      input: [noted('x')],
      output: [noted('y')],
      value_info: [noted('h')],
      initializer: [weight],
      node: [relus[0], { op_type: 'Add', input: ['h', 'w'], output: ['y'] }],
    },
  });
  const loaded = loadOnnx(bytes);
  const saved = decodeModel(saveOnnx(renameValues(loaded, { x: 'picture' }))).graph;
  expect(saved?.metadata_props).toMatchObject([{ key: 'step', value: '9' }]);
  expect(saved?.input?.[0]).toMatchObject({ ...noted('x'), name: 'picture', type: {} });
  expect(saved?.output?.[0]).toMatchObject({ ...noted('y'), type: {} });
  expect(saved?.value_info?.[0]).toMatchObject({ ...noted('h'), type: {} });
  expect(saved?.initializer?.[0]).toMatchObject({ name: 'w', doc_string: 'all zero' });
  const whole = decodeModel(saveOnnx(mergeModels(loaded, loaded, { x: 'y' }, { prefix: 'b_' }))).graph;
  expect(whole?.initializer?.map(({ doc_string }) => doc_string)).toEqual(['all zero', 'all zero']);
});

test('an op that has no form here comes back as it was, with its domain', () => {
  const fancy = {
    op_type: 'Fancy',
    domain: 'my.ops',
    name: 'a',
    input: ['x', ''],
    output: ['h'],
    attribute: [{ name: 'k', type: 2, i: 3 }],
  };
  const bytes = model([fancy, relus[1] as object]);
  const saved = decodeModel(saveOnnx(renameValues(loadOnnx(bytes), { x: 'picture' })));
  expect(saved.graph?.node?.[0]).toMatchObject({
    op_type: 'Fancy',
    domain: 'my.ops',
    input: ['picture', ''],
  });
  expect(Number(saved.graph?.node?.[0]?.attribute?.[0]?.i)).toBe(3);
  expect(saved.opset_import?.find(({ domain }) => domain === 'my.ops')?.version?.toString()).toBe('3');
  expect(() => loadOnnx(bytes, { keepUnknown: false })).toThrow(
    'op Fancy (my.ops, opset 15) is not supported',
  );
  const untyped = { ...fancy, output: ['g'] };
  const loaded = loadOnnx(model([untyped, { ...relus[1], input: ['g'] }]));
  expect(findNode(loaded, { origin: 'a' }).output.type.opaque).toBe('');
  expect(decodeModel(saveOnnx(loaded)).graph?.node?.map((node) => node.op_type)).toEqual(['Fancy', 'Neg']);
  expect(() => edit(loaded, (e) => e.output(e.ops.relu({ x: 'g' }), 'r'))).toThrow(
    'relu expects x of a tensor of numbers, found opaque ""',
  );
});

test('the reference models keep their opset', () => {
  const bytes = readFileSync(
    join(import.meta.dirname, '../../../test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx'),
  );
  const opset = (of: Uint8Array): number => Number(decodeModel(of).opset_import?.[0]?.version);
  expect(opset(saveOnnx(loadOnnx(bytes)))).toBe(opset(bytes));
});

test('a body that reads values from outside follows their names', () => {
  const flag = { name: 'go', type: { tensor_type: { elem_type: 9, shape: {} } } };
  const body = {
    name: 'body',
    input: [{ name: 'i' }, { name: 'go_in' }, { name: 's' }],
    output: [{ name: 'go_out' }, tensor('s_out', 'n', 4)],
    node: [
      { op_type: 'Identity', input: ['go_in'], output: ['go_out'] },
      { op_type: 'Add', input: ['s', 'h'], output: ['s_out'] },
    ],
  };
  const loop = {
    op_type: 'Loop',
    name: 'loop',
    input: ['', 'go', 'h'],
    output: ['y'],
    attribute: [{ name: 'body', type: 5, g: body }],
  };
  const [relu] = relus;
  const bytes = model([relu as object, loop]);
  const { graph: proto, ...rest } = decodeModel(bytes);
  const whole = encodeModel({ ...rest, graph: { ...proto, input: [...(proto?.input ?? []), flag] } });
  const saved = decodeModel(saveOnnx(renameValues(loadOnnx(whole), { h: 'hidden' })));
  const [, written] = saved.graph?.node ?? [];
  expect(written?.input).toEqual(['', 'go', 'hidden']);
  expect(written?.attribute?.[0]?.g?.node?.[1]?.input).toEqual(['s', 'hidden']);
});

test('sizes that are inputs keep their node as it is', () => {
  const axes = { name: 'axes', type: { tensor_type: { elem_type: 7, shape: { dim: [{ dim_value: 1 }] } } } };
  const { graph: proto, ...rest } = decodeModel(
    model([{ op_type: 'ReduceSum', input: ['x', 'axes'], output: ['y'] }]),
  );
  const bytes = encodeModel({ ...rest, graph: { ...proto, input: [...(proto?.input ?? []), axes] } });
  expect(() => loadOnnx(bytes, { keepUnknown: false })).toThrow('axes of ReduceSum is the input axes');
  expect(decodeModel(saveOnnx(loadOnnx(bytes))).graph?.node?.[0]).toMatchObject({
    op_type: 'ReduceSum',
    input: ['x', 'axes'],
  });
});

test.each<[string, number, object, string[], string]>([
  ['ReduceSum', 11, { axes: [1], keepdims: 0 }, ['x'], 'sum'],
  ['Clip', 9, { min: 0, max: 6 }, ['x'], 'clip'],
  ['Softmax', 9, { axis: 1 }, ['x'], 'softmax'],
  ['Celu', 12, { alpha: 1 }, ['x'], 'an op of opset 12'],
])('%s of opset %i is written as that opset says it', (op, opset, attrs, input) => {
  const attribute = Object.entries(attrs).map(([name, value]) =>
    Array.isArray(value)
      ? { name, type: 7, ints: value }
      : ['axis', 'keepdims'].includes(name)
        ? { name, type: 2, i: value }
        : { name, type: 1, f: value },
  );
  const fixed = op === 'ReduceSum' ? { input: [tensor('x', 4, 1)], output: [tensor('y', 4)] } : {};
  const { graph: proto, ...rest } = decodeModel(model([{ op_type: op, input, output: ['y'], attribute }]));
  const bytes = encodeModel({
    ...rest,
    opset_import: [{ domain: '', version: opset }],
    graph: { ...proto, value_info: [], ...fixed },
  });
  const saved = decodeModel(saveOnnx(loadOnnx(bytes)));
  expect(Number(saved.opset_import?.[0]?.version)).toBe(opset);
  expect(saved.graph?.node?.[0]?.input).toEqual(input);
  expect(saved.graph?.node?.[0]?.attribute?.map(({ name }) => name).sort()).toEqual(
    Object.keys(attrs).sort(),
  );
});
