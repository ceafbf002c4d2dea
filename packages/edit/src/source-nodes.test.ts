import { parseGraph, printGraph } from '@ghostc/ir';
import { decodeModel, encodeModel, type NodeProto } from '@ghostc/onnx';
import { describe, expect, test } from 'vitest';
import {
  changeBatch,
  changeInputShape,
  edit,
  findNode,
  loadOnnx,
  mergeModels,
  renameValues,
  saveOnnx,
  saveOnnxExternal,
} from './index.ts';

const FLOAT = 1;
const STRING = 8;
const info = (name: string, sizes: readonly number[], elem_type = FLOAT): object => ({
  name,
  type: { tensor_type: { elem_type, shape: { dim: sizes.map((dim_value) => ({ dim_value })) } } },
});
const floats = (name: string, values: readonly number[]): object => ({
  name,
  dims: [values.length],
  data_type: FLOAT,
  float_data: values,
});

interface Parts {
  readonly opset?: number;
  readonly input?: readonly object[];
  readonly output?: readonly object[];
  readonly initializer?: readonly object[];
  readonly functions?: readonly object[];
}

function model(
  node: readonly object[],
  {
    opset = 15,
    input = [info('x', [1, 4, 3, 3])],
    output = [info('y', [1, 4, 3, 3])],
    functions = [],
    initializer,
  }: Parts = {},
): Uint8Array {
  return encodeModel({
    ir_version: 8,
    opset_import: [
      { domain: '', version: opset },
      { domain: 'mine', version: 1 },
    ],
    graph: {
      name: 'g',
      node,
      input,
      output,
      initializer: initializer ?? [floats('s', [1, 2, 3, 4]), floats('b', [0, 1, 0, 1])],
    },
    functions,
  });
}

const nodesOf = (bytes: Uint8Array): readonly NodeProto[] => decodeModel(bytes).graph?.node ?? [];
const opsOf = (bytes: Uint8Array): (string | undefined)[] => nodesOf(bytes).map((node) => node.op_type);
const opsetOf = (bytes: Uint8Array): number => Number(decodeModel(bytes).opset_import?.[0]?.version);

const norm = {
  op_type: 'InstanceNormalization',
  name: 'norm',
  doc_string: 'as it was',
  input: ['x', 's', 'b'],
  output: ['h'],
  attribute: [{ name: 'epsilon', type: 1, f: 0.25 }],
};
const relu = { op_type: 'Relu', name: 'act', input: ['h'], output: ['y'] };

describe('an op that is read as several stays one node', () => {
  const bytes = model([norm, relu]);

  test('through load and save, with all that it says', () => {
    const [saved] = nodesOf(saveOnnx(loadOnnx(bytes)));
    expect(saved).toMatchObject({
      op_type: 'InstanceNormalization',
      name: 'norm',
      doc_string: 'as it was',
      input: ['x', 's', 'b'],
      output: ['h'],
    });
    expect(saved?.attribute?.[0]?.f).toBe(0.25);
  });

  test.each<[string, (graph: ReturnType<typeof loadOnnx>) => ReturnType<typeof loadOnnx>, string[]]>([
    [
      'names',
      (graph) => renameValues(graph, { x: 'picture', h: 'normal', s: 'scale' }),
      ['picture', 'scale', 'b'],
    ],
    ['another batch', (graph) => changeBatch(graph, 3), ['x', 's', 'b']],
    [
      'a node before it',
      (graph) => edit(graph, (e) => void e.insertAfter('x', (x) => e.ops.abs({ x }, 'positive'))),
      ['positive', 's', 'b'],
    ],
    [
      'other weights',
      (graph) =>
        edit(
          graph,
          (e) =>
            void e.replace(
              's',
              e.constant('t', { dtype: 'f32', shape: [4], data: Float32Array.of(1, 1, 1, 1) }),
            ),
        ),
      ['x', 't', 'b'],
    ],
  ])('after %s', (_, change, input) => {
    const saved = nodesOf(saveOnnx(change(loadOnnx(bytes)))).find(
      (node) => node.op_type === 'InstanceNormalization',
    );
    expect(saved?.input).toEqual(input);
  });

  test('at a later opset, too', () => {
    const saved = saveOnnx(loadOnnx(bytes), { opset: 18 });
    expect([opsetOf(saved), ...opsOf(saved)]).toEqual([18, 'InstanceNormalization', 'Relu']);
  });

  test('not when one of its parts was changed: all of them are written then', () => {
    const graph = loadOnnx(bytes);
    const changed = edit(graph, (e) => {
      const [sqrt] = e.find({ op: 'sqrt' });
      if (sqrt) e.insertAfter(sqrt.output, (x) => e.ops.abs({ x }));
    });
    expect(opsOf(saveOnnx(changed))).not.toContain('InstanceNormalization');
    expect(opsOf(saveOnnx(changed))).toContain('Abs');
  });

  test('and an attribute that was changed is written', () => {
    const attribute = [{ name: 'alpha', type: 1, f: 0.5 }];
    const leaky = model([{ op_type: 'LeakyRelu', name: 'l', input: ['x'], output: ['y'], attribute }]);
    const changed = edit(loadOnnx(leaky), (e) => e.setAttrs(e.nodeOf('y'), { alpha: 0.25 }));
    expect(nodesOf(saveOnnx(changed))[0]?.attribute?.[0]?.f).toBe(0.25);
  });

  test('not when only one of its parts reads another value', () => {
    const changed = edit(loadOnnx(bytes), (e) => {
      const [centred] = e.find({ op: 'sub' });
      if (centred) e.insertBefore(centred, 0, (x) => e.ops.abs({ x }));
    });
    expect(opsOf(saveOnnx(changed))).not.toContain('InstanceNormalization');
  });

  test('not when a constant that it was read with is another', () => {
    const selu = loadOnnx(model([{ op_type: 'Selu', name: 'l', input: ['x'], output: ['y'] }]));
    expect(opsOf(saveOnnx(selu))).toEqual(['Selu']);
    const changed = edit(selu, (e) => {
      const gamma = e.nodeOf('y').inputs[1];
      if (gamma) e.replace(gamma, e.constant('two', { dtype: 'f32', shape: [], data: Float32Array.of(2) }));
    });
    expect(opsOf(saveOnnx(changed))).toEqual(['Elu', 'Mul']);
  });

  test('not when the sizes that it was read with are others', () => {
    const attribute = [
      { name: 'auto_pad', type: 3, s: new TextEncoder().encode('SAME_LOWER') },
      { name: 'kernel_shape', type: 7, ints: [3, 3] },
      { name: 'strides', type: 7, ints: [3, 3] },
    ];
    const pool = loadOnnx(
      model([{ op_type: 'MaxPool', name: 'p', input: ['x'], output: ['y'], attribute }], {
        input: [info('x', [1, 1, 5, 5])],
        output: [info('y', [1, 1, 2, 2])],
      }),
    );
    const names = (graph: typeof pool): (string | undefined)[] =>
      nodesOf(saveOnnx(graph))[0]?.attribute?.map(({ name }) => name) ?? [];
    expect(names(pool)).toContain('auto_pad');
    expect(names(changeInputShape(pool, 'x', [1, 1, 6, 6]))).toContain('pads');
  });

  test('not when an inner value goes out', () => {
    const changed = edit(loadOnnx(bytes), (e) => {
      const [sqrt] = e.find({ op: 'sqrt' });
      if (sqrt) e.output(sqrt.output, 'deviation');
    });
    expect(opsOf(saveOnnx(changed))).not.toContain('InstanceNormalization');
  });
});

describe('an old opset stays', () => {
  const axes = (value: number): object[] => [
    { name: 'axis', type: 2, i: value },
    { name: 'broadcast', type: 2, i: 1 },
  ];
  const add = { op_type: 'Add', name: 'add', input: ['x', 's'], output: ['h'], attribute: axes(1) };
  const bytes = model([add, relu], { opset: 6 });

  test('with the words that it had for broadcasting', () => {
    const saved = saveOnnx(loadOnnx(bytes));
    expect([opsetOf(saved), ...opsOf(saved)]).toEqual([6, 'Add', 'Relu']);
    expect(nodesOf(saved)[0]?.attribute).toHaveLength(2);
  });

  test('with a new node that it has words for', () => {
    const saved = saveOnnx(edit(loadOnnx(bytes), (e) => void e.insertAfter('y', (x) => e.ops.tanh({ x }))));
    expect([opsetOf(saved), ...opsOf(saved)]).toEqual([6, 'Add', 'Relu', 'Tanh']);
  });

  test('and rises only as far as a new node needs', () => {
    const saved = saveOnnx(edit(loadOnnx(bytes), (e) => void e.insertAfter('y', (x) => e.ops.sign({ x }))));
    expect(opsetOf(saved)).toBe(9);
  });
});

describe('what is no tensor of numbers', () => {
  const words = [info('t', [2], STRING)];
  const bytes = model(
    [
      {
        op_type: 'StringNormalizer',
        name: 'low',
        input: ['t'],
        output: ['l'],
        attribute: [{ name: 'case_change_action', type: 3, s: new TextEncoder().encode('LOWER') }],
      },
      { op_type: 'StringConcat', name: 'join', input: ['l', 'suffix'], output: ['y'] },
    ],
    {
      opset: 20,
      input: words,
      output: [info('y', [2], STRING)],
      initializer: [
        { name: 'suffix', dims: [1], data_type: STRING, string_data: [new TextEncoder().encode('!')] },
      ],
    },
  );

  test('goes through as it is, and its values have names', () => {
    const saved = saveOnnx(renameValues(loadOnnx(bytes), { t: 'text', l: 'lower' }));
    expect(opsOf(saved)).toEqual(['Constant', 'StringNormalizer', 'StringConcat']);
    expect(nodesOf(saved)[1]?.input).toEqual(['text']);
    expect(decodeModel(saved).graph?.input?.[0]?.type?.tensor_type?.elem_type).toBe(STRING);
  });

  test('goes into the text form and back', () => {
    const { text, resources } = printGraph(loadOnnx(bytes));
    expect(opsOf(saveOnnx(parseGraph(text, { resources })))).toEqual([
      'Constant',
      'StringNormalizer',
      'StringConcat',
    ]);
  });

  test('is refused by ops that compute', () => {
    expect(() => edit(loadOnnx(bytes), (e) => void e.insertAfter('t', (x) => e.ops.relu({ x })))).toThrow(
      'relu expects x of a tensor of numbers, found opaque',
    );
  });
});

describe('a function of the model', () => {
  const twice = {
    name: 'Twice',
    domain: 'mine',
    input: ['a'],
    output: ['c'],
    node: [{ op_type: 'Add', input: ['a', 'a'], output: ['c'] }],
    opset_import: [{ domain: '', version: 15 }],
  };
  const call = { op_type: 'Twice', domain: 'mine', name: 'call', input: ['x'], output: ['h'] };
  const bytes = model([call, relu], { functions: [twice] });

  test('is read, and its call and its definition stay', () => {
    const graph = loadOnnx(bytes);
    expect(findNode(graph, { op: 'add' }).origin).toEqual(['call/Add_0']);
    const saved = saveOnnx(graph);
    expect(opsOf(saved)).toEqual(['Twice', 'Relu']);
    expect(decodeModel(saved).functions?.map(({ name }) => name)).toEqual(['Twice']);
  });

  test('comes along into another model; two of one name have to be the same', () => {
    const plain = model([{ op_type: 'Abs', input: ['x'], output: ['y'] }]);
    const merged = saveOnnx(mergeModels(loadOnnx(plain), loadOnnx(bytes), { x: 'y' }, { prefix: 'b/' }));
    expect(opsOf(merged)).toEqual(['Abs', 'Twice', 'Relu']);
    expect(decodeModel(merged).functions).toHaveLength(1);
    const other = model([call, relu], {
      functions: [{ ...twice, node: [{ op_type: 'Abs', input: ['a'], output: ['c'] }] }],
    });
    expect(() => mergeModels(loadOnnx(other), loadOnnx(bytes), { x: 'y' }, { prefix: 'b/' })).toThrow(
      'both models have a function Twice (mine), and they differ',
    );
  });
});

test('weights lie in a file of their own when that is asked for', () => {
  const values = Array.from({ length: 400 }, (_, i) => i / 7);
  const bytes = model(
    [
      { op_type: 'Mul', input: ['x', 'w'], output: ['m'] },
      { op_type: 'Add', input: ['m', 'b'], output: ['y'] },
    ],
    {
      input: [info('x', [400])],
      output: [info('y', [400])],
      initializer: [floats('w', values), floats('b', [1])],
    },
  );
  const { model: saved, data } = saveOnnxExternal(loadOnnx(bytes), 'weights/net.data');
  expect([data.length, saved.length < 600]).toEqual([1600, true]);
  const back = loadOnnx(saved, {
    external: (location) => (location === 'weights/net.data' ? data : new Uint8Array()),
  });
  expect(saveOnnx(back)).toEqual(saveOnnx(loadOnnx(bytes)));
  expect(() => saveOnnxExternal(loadOnnx(bytes), '../net.data')).toThrow('leads out of the folder');
});
