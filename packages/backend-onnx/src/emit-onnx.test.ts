import { Graph, parseGraph } from '@ghostc/ir';
import { decodeModel, readOnnx } from '@ghostc/onnx';
import { buildNode, lookup, opsWith, registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { emitOnnx } from './emit-onnx.ts';

/** Names that the nodes and initializers of the written model define, and those of its outputs. */
function namesIn(text: string): { values: string[]; outputs: string[] } {
  const graph = readOnnx(emitOnnx(parseGraph(text, { registry })), { file: 'written.onnx' });
  const values = [...graph.nodes()].flatMap((node) => node.outputs.map((value) => value.name));
  return { values, outputs: graph.outputs.map(({ name }) => name) };
}

test('a graph output keeps its name when an inner value is called like it', () => {
  const { values, outputs } = namesIn(
    'graph @g(%x: f32[1,4])\n%y = relu %x\n%z = sigmoid %y\nreturn %z as "y"',
  );
  expect(outputs).toEqual(['y']);
  expect(new Set(values).size).toBe(values.length);
});

test('a constant that is called like an output makes room for it', () => {
  const text = 'graph @g(%x: f32[2])\nconst %y: f32[2] = [1, 2]\n%z = add %x, %y\nreturn %z as "y"';
  expect(namesIn(text).outputs).toEqual(['y']);
});

test('nodes are called as in the source model, those of composites too', () => {
  const text = `graph @g(%x: f32[1,4,5,5])
  const %p: f32[3,4,1,1] = random(1)
  const %c: f32[3,1,3,3] = random(2)
  const %a: f32[2,6,1,1] = random(3)
  const %b: f32[2] = random(4)
  const %d: f32[6,2,1,1] = random(5)
  const %e: f32[6] = random(6)
  %y = ghost_module %x, %p, _, %c {oup=6, ratio=2, activation="relu", cheap_activation="relu"} from "Conv_7", "LeakyRelu_8", "/g/Relu" | "/cheap/Conv_1" | "/g/Concat"
  %z = squeeze_excite %y, %a, %b, %d, %e {gate="hard_sigmoid", gate_params=[0.2, 0.5]} from "/se/Pool" | "/se/r/Conv" | "/se/e/Conv", "/se/Div" | "/se/MatMul"
  return %z
`;
  const nodes = decodeModel(emitOnnx(parseGraph(text, { registry }))).graph?.node ?? [];
  expect(nodes.map(({ name }) => name)).toEqual([
    ...['Conv_7', '/g/Relu', '/cheap/Conv_1', '/cheap/Conv_1_Relu', '/g/Concat'],
    ...['/se/Pool_GlobalAveragePool', '/se/r/Conv', '/se/r/Conv_Relu'],
    ...['/se/e/Conv', '/se/e/Conv_HardSigmoid', '/se/MatMul_Mul'],
  ]);
});

test('nodes of an attention are called as in the source model', () => {
  const text = `graph @g(%x: f32[1,3,4,4], %f: f32[1,2,4,4])
  const %p: f32[2,3,1,1] = random(1)
  const %r: f32[2,1,1,5] = random(2)
  const %c: f32[2,1,5,1] = random(3)
  %y = dfc_attention %x, %f, %p, _, %r, _, %c from "AveragePool_1" | "Conv_2" | "Conv_3" | "Conv_4", "Sigmoid_5" | "Resize_6" | "Mul_7"
  return %y
`;
  const nodes = decodeModel(emitOnnx(parseGraph(text, { registry }))).graph?.node ?? [];
  expect(nodes.map(({ name }) => name)).toEqual(
    'AveragePool_1 Conv_2 Conv_3 Conv_4 Sigmoid_5 Resize_6 Mul_7'.split(' '),
  );
});

test.each(opsWith('unary', 'binary'))('the ONNX written for %s is read back', (op) => {
  const graph = new Graph(op);
  const { inputs, random } = lookup(op);
  const values = inputs.map((name) => graph.addInput(name, { dtype: 'f32', shape: [1, 3, 4, 4] }));
  const { output } = buildNode(graph, { op, inputs: values, attrs: random.attrs });
  graph.addOutput('y', output);
  const read = readOnnx(emitOnnx(graph, {}), { file: `${op}.onnx` });
  expect(read.outputs.map(({ value }) => value.type)).toEqual([output.type]);
});

/** What is written for slices of x [2,7,3], in order. */
function opsOfSlices(...slices: readonly string[]): string[] {
  const parts = slices.map((slice, i) => `%p${i} = slice %x {${slice}}\n%r${i} = relu %p${i}\n`);
  const outputs = slices.map((_, i) => `%r${i}`).join(', ');
  const text = `graph @g(%x: f32[2,7,3])\n${parts.join('')}return ${outputs}\n`;
  const nodes = decodeModel(emitOnnx(parseGraph(text, { registry }))).graph?.node ?? [];
  return nodes.flatMap(({ op_type: op = '' }) => (op === 'Relu' ? [] : [op]));
}

const part = (start: number, end: number, axis = 1, step = 1): string =>
  `starts=[${start}], ends=[${end}], axes=[${axis}], steps=[${step}]`;

test.each([
  ['in order', [part(0, 3), part(3, 7)], ['Split']],
  ['in another order, from the end', [part(-2, 2 ** 53 - 1), part(0, 2), part(2, -2)], ['Split']],
  ['with a part along another axis', [part(0, 3), part(1, 2, 2), part(3, 7)], ['Split', 'Slice']],
  ['along two axes', [part(0, 3), part(0, 1, 0), part(3, 7), part(1, 2, 0)], ['Split', 'Split']],
  ['that overlap', [part(0, 4), part(3, 7)], ['Slice', 'Slice']],
  ['with a gap', [part(0, 3), part(4, 7)], ['Slice', 'Slice']],
  ['that leave out the end', [part(0, 3), part(3, 6)], ['Slice', 'Slice']],
  ['of which one is read with a step', [part(0, 3), part(3, 7, 1, 2)], ['Slice', 'Slice']],
])('slices %s are one Split where they are all of a value', (_, slices, expected) => {
  expect(opsOfSlices(...slices)).toEqual(expected);
});
