import { type DType, formatType, type Graph, type Tensor, tensor } from '@ghostc/ir';
import { describe, expect, test } from 'vitest';
import { encodeModel } from './codec.ts';
import { readOnnx } from './read-onnx.ts';
import { dataTypeOf, fromTensor } from './tensor-proto.ts';

const f = (...values: number[]): Tensor =>
  tensor('f32', values.length === 1 ? [] : [values.length], Float32Array.from(values));
const i8 = (...values: number[]): Tensor =>
  tensor('i8', values.length === 1 ? [] : [values.length], Int8Array.from(values));
const u8 = (...values: number[]): Tensor =>
  tensor('u8', values.length === 1 ? [] : [values.length], Uint8Array.from(values));

interface ModelSpec {
  readonly input: { readonly dtype: DType; readonly shape: readonly number[] };
  readonly constants: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly {
    readonly op: string;
    readonly inputs: readonly string[];
    readonly output: string;
  }[];
}

function read({ input, constants, nodes }: ModelSpec): Graph {
  const info = (name: string, dtype: DType, shape?: readonly number[]) => ({
    name,
    type: {
      tensor_type: {
        elem_type: dataTypeOf(dtype),
        ...(shape && { shape: { dim: shape.map((dim) => ({ dim_value: dim })) } }),
      },
    },
  });
  const graph = {
    name: 'g',
    input: [info('x', input.dtype, input.shape)],
    output: [info(nodes.at(-1)?.output ?? '', 'f32')],
    initializer: Object.entries(constants).map(([name, value]) => fromTensor(value, name)),
    node: nodes.map(({ op, inputs, output }) => ({ op_type: op, name: op, input: inputs, output: [output] })),
  };
  return readOnnx(encodeModel({ ir_version: 8, opset_import: [{ domain: '', version: 17 }], graph }));
}

const ops = (graph: Graph): string[] => [...graph.nodes()].map((node) => node.op);
const dq = (input: string, output: string) => ({ op: 'DequantizeLinear', inputs: [input, 's', 'z'], output });

describe('static quantisation', () => {
  test('scale and zero point stand in the types; without a zero point it is uint8 with 0', () => {
    const graph = read({
      input: { dtype: 'f32', shape: [2] },
      constants: { s: f(0.5), z: i8(3) },
      nodes: [{ op: 'QuantizeLinear', inputs: ['x', 's', 'z'], output: 'q' }, dq('q', 'y')],
    });
    expect([...graph.nodes()].map((node) => formatType(node.output.type))).toEqual([
      'i8[2] quant(0.5:3)',
      'f32[2]',
    ]);
    const unsigned = read({
      input: { dtype: 'f32', shape: [2] },
      constants: { s: f(0.5) },
      nodes: [{ op: 'QuantizeLinear', inputs: ['x', 's'], output: 'q' }],
    });
    expect(formatType(unsigned.outputs[0]?.value.type as never)).toBe('u8[2] quant(0.5:0)');
  });

  test('weights of 4 bits, and those after a Clip, are int8 weights', () => {
    const four = read({
      input: { dtype: 'f32', shape: [2] },
      constants: {
        q: tensor('i4', [2], Int8Array.of(-8, 7)),
        s: f(0.5),
        z: tensor('i4', [], Int8Array.of(0)),
      },
      nodes: [dq('q', 'y')],
    });
    expect(formatType([...four.nodes()][0]?.inputs[0]?.type as never)).toBe('i8[2] quant(0.5:0)');
    const clipped = read({
      input: { dtype: 'f32', shape: [2] },
      constants: { w: i8(-128, 100), low: i8(-127), high: i8(90), s: f(0.5), z: i8(0) },
      nodes: [{ op: 'Clip', inputs: ['w', 'low', 'high'], output: 'q' }, dq('q', 'y')],
    });
    expect([...clipped.nodes()][0]?.inputs[0]?.constant?.data).toEqual(Int8Array.of(-127, 90));
  });

  test('an integer input has the quantisation of its DequantizeLinear', () => {
    const graph = read({
      input: { dtype: 'u8', shape: [2] },
      constants: { s: f(0.5), z: u8(7) },
      nodes: [dq('x', 'y')],
    });
    expect(formatType(graph.inputs[0]?.type as never)).toBe('u8[2] quant(0.5:7)');
  });

  test('weights per axis, and float constants are quantised at once', () => {
    const graph = read({
      input: { dtype: 'f32', shape: [1, 2] },
      constants: { w: tensor('f32', [2, 2], Float32Array.of(1, 2, 3, 4)), s: f(0.5, 1), z: i8(0, 0) },
      nodes: [
        { op: 'QuantizeLinear', inputs: ['w', 's', 'z'], output: 'q' },
        dq('q', 'dw'),
        { op: 'Add', inputs: ['x', 'dw'], output: 'y' },
      ],
    });
    expect(ops(graph)).toEqual(['dequantize_linear', 'add']);
    const constant = graph.first?.inputs[0];
    expect(formatType(constant?.type as never)).toBe('i8[2,2] quant(axis=1, 0.5:0, 1:0)');
    expect([...(constant?.constant?.data ?? [])]).toEqual([2, 2, 6, 4]);
  });

  test('QLinearConv is a convolution between the two', () => {
    const graph = read({
      input: { dtype: 'u8', shape: [1, 1, 3, 3] },
      constants: {
        w: tensor('i8', [2, 1, 1, 1], Int8Array.of(1, 2)),
        xs: f(0.5),
        xz: u8(128),
        ws: f(0.25, 0.5),
        wz: i8(0, 0),
        ys: f(1),
        yz: u8(0),
        b: tensor('i32', [2], Int32Array.of(10, 20)),
      },
      nodes: [
        { op: 'QLinearConv', inputs: ['x', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz', 'b'], output: 'y' },
      ],
    });
    expect(ops(graph)).toEqual([
      'dequantize_linear',
      'dequantize_linear',
      'dequantize_linear',
      'conv2d',
      'quantize_linear',
    ]);
    expect([...graph.constants].map((value) => formatType(value.type))).toContain(
      'i32[2] quant(axis=0, 0.125:0, 0.25:0)',
    );
  });

  test('QLinearMatMul and ConvInteger of a quantised value', () => {
    const matmul = read({
      input: { dtype: 'i8', shape: [1, 2] },
      constants: { w: tensor('i8', [2, 2], Int8Array.of(1, 2, 3, 4)), s: f(0.5), z: i8(0) },
      nodes: [{ op: 'QLinearMatMul', inputs: ['x', 's', 'z', 'w', 's', 'z', 's', 'z'], output: 'y' }],
    });
    expect(ops(matmul)).toEqual(['dequantize_linear', 'dequantize_linear', 'matmul', 'quantize_linear']);
    const integer = read({
      input: { dtype: 'f32', shape: [1, 1, 3, 3] },
      constants: { w: tensor('i8', [1, 1, 1, 1], Int8Array.of(3)), s: f(0.5), z: u8(128) },
      nodes: [
        { op: 'QuantizeLinear', inputs: ['x', 's', 'z'], output: 'q' },
        { op: 'ConvInteger', inputs: ['q', 'w', 'z'], output: 'y' },
      ],
    });
    expect(ops(integer)).toEqual([
      'quantize_linear',
      'dequantize_linear',
      'dequantize_linear',
      'conv2d',
      'mul',
      'round',
      'cast',
    ]);
  });

  test.each([
    ['a scale of zero', { s: f(0), z: i8(0) }, 'expects positive scales, found 0'],
    [
      'scales and zero points of different number',
      { s: f(1, 2), z: i8(0) },
      'has 2 scales and 1 zero points',
    ],
  ])('%s is refused', (_what, constants, message) => {
    expect(() => read({ input: { dtype: 'i8', shape: [2] }, constants, nodes: [dq('x', 'y')] })).toThrow(
      message,
    );
  });
});
