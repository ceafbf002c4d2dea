import { parseGraph } from '@ghostc/ir';
import { lineEntries, lookupTable, registry, unaryTable } from '@ghostc/ops';
import { decodeTflite, readTflite } from '@ghostc/tflite';
import { describe, expect, test } from 'vitest';
import { emitTflite } from './emit-tflite.ts';
import { lineOf } from './straight-table.ts';

const emit = (text: string): Uint8Array => emitTflite(parseGraph(text, { registry }));

/** Names of the operators that a graph becomes. */
const operators = (text: string): string[] => decodeTflite(emit(text)).operators.map(({ code }) => code);

const conv = (attrs: string, size = 8): string => `graph @g(%x: f32[1,${size},${size},3])
  const %w: f32[4,3,3,3] = random(1)
  const %b: f32[4] = random(2)
  %y = conv2d_nhwc %x, %w, %b {${attrs}}
  return %y`;

describe('padding', () => {
  test('SAME and VALID stand for the pads that they mean', () => {
    expect(operators(conv('pads=[1, 1, 1, 1]'))).toEqual(['CONV_2D']);
    expect(operators(conv('pads=[0, 0, 0, 0]'))).toEqual(['CONV_2D']);
    expect(operators(conv('pads=[0, 0, 1, 1], strides=[2, 2]'))).toEqual(['CONV_2D']);
  });

  test('other pads lie around the image first, as far as a window reads them', () => {
    const text = conv('pads=[1, 1, 1, 1], strides=[2, 2]');
    expect(operators(text)).toEqual(['PAD', 'CONV_2D']);
    expect(decodeTflite(emit(text)).tensors.map(({ shape }) => shape.join())).toContain('1,9,9,3');
  });
});

test('XNNPACK crashes on a convolution without a bias: zeros are written', () => {
  const inputs = (op: string, weight: string): unknown =>
    decodeTflite(
      emit(`graph @g(%x: f32[1,8,8,4])
  const %w: f32[${weight}] = random(1)
  %y = ${op} %x, %w {pads=[1, 1, 1, 1]}
  return %y`),
    ).operators.map((operator) => operator.inputs.length);
  expect(inputs('conv2d_nhwc', '4,4,3,3')).toEqual([3]);
  expect(inputs('depthwise_conv2d_nhwc', '4,1,3,3')).toEqual([3]);
});

describe('depthwise with several outputs a channel', () => {
  const layer = (type: string, weight: string, op: string, attrs: string): string => `graph @g(%x: ${type})
  const %w: ${weight} = random(1)
  %y = ${op} %x, %w {${attrs}}
  return %y`;
  const integers = (channels: number, multiplier: number, outputs = 12): string =>
    layer(
      `i8[1,8,8,${channels}] quant(0.1:0)`,
      `i8[${outputs},1,3,3] quant(0.1:0)`,
      'qlinear_depthwise_conv2d_nhwc',
      `multiplier=${multiplier}, pads=[1, 1, 1, 1], y_scale=0.1`,
    );

  test('of integers: channels are repeated first, by ones', () => {
    expect(operators(integers(4, 3))).toEqual(['CONV_2D', 'DEPTHWISE_CONV_2D']);
    const { tensors, operators: written } = decodeTflite(emit(integers(4, 3, 11)));
    const ones = tensors[written[0]?.inputs[1] ?? -1];
    expect(ones).toMatchObject({ shape: [11, 1, 1, 4], scale: [1], zeroPoint: [0] });
    expect([...(ones?.data ?? [])].flatMap((one, i) => (one ? [i % 4] : []))).toEqual([
      0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3,
    ]);
  });

  test('one channel, and floats, have the operator itself', () => {
    expect(operators(integers(1, 12))).toEqual(['DEPTHWISE_CONV_2D']);
    const float = (outputs: number): string[] =>
      operators(layer('f32[1,8,8,4]', `f32[${outputs},1,3,3]`, 'depthwise_conv2d_nhwc', 'multiplier=2'));
    expect(float(6)).toEqual(['SLICE', 'DEPTHWISE_CONV_2D']);
    expect(float(5)).toEqual(['GATHER', 'DEPTHWISE_CONV_2D']);
  });
});

test('a pad of more axes than the kernel takes: neighbours without pads are one', () => {
  const text = `graph @g(%x: f32[1,2,3,1,4,1])
  %y = pad %x {pads=[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]}
  return %y`;
  expect(operators(text)).toEqual(['RESHAPE', 'PAD', 'RESHAPE']);
  expect(decodeTflite(emit(text)).tensors.map(({ shape }) => shape.join())).toContain('6,2,4,3');
});

test('a scalar has no shape that could be written: its axes are squeezed', () => {
  expect(operators('graph @g(%x: f32[1,1])\n  %y = reshape %x {shape=[]}\n  return %y')).toEqual(['SQUEEZE']);
});

describe('activations', () => {
  test('what TFLite fuses is fused, the rest follows', () => {
    expect(operators(conv('activation="relu"'))).toEqual(['CONV_2D']);
    expect(operators(conv('activation="clip", activation_params=[0, 6]'))).toEqual(['CONV_2D']);
    expect(operators(conv('activation="clip", activation_params=[0, 5]'))).toEqual([
      'CONV_2D',
      'MAXIMUM',
      'MINIMUM',
    ]);
  });

  const unary = (op: string): string[] => operators(`graph @g(%x: f32[2,5])\n  %y = ${op} %x\n  return %y`);

  test('one operator where TFLite has the function', () => {
    expect(unary('hard_swish')).toEqual(['HARD_SWISH']);
    expect(unary('gelu')).toEqual(['GELU']);
    expect(unary('silu')).toEqual(['LOGISTIC', 'MUL']);
    expect(unary('hard_sigmoid')).toEqual(['MUL', 'ADD', 'MUL']);
  });
});

describe('tables of integers', () => {
  const x = { dtype: 'i8', shape: [1, 4], quant: { scale: [0.05], zeroPoint: [3] } } as const;
  const y = { y_scale: 1 / 255, y_zero_point: -128, y_dtype: 'i8', rounding: 'double' } as const;
  const [from, to] = [
    { scale: Math.fround(0.05), zeroPoint: 3 },
    { scale: Math.fround(1 / 255), zeroPoint: -128 },
  ];

  test.for([1 / 6, 0.2, 0.31, -0.25])('hard-sigmoid of slope %f is a line with its entries', (alpha) => {
    const table = unaryTable('hard_sigmoid', { alpha, beta: 0.5 }, x, y).data as Int8Array;
    const line = lineOf(table, from, to);
    expect(line && lineEntries(line, from, to)).toEqual(table);
    expect((line?.scale ?? 0) * (line?.weight ?? 0)).toBeCloseTo(alpha, 2);
  });

  test('no line is found in a curve', () => {
    const table = unaryTable('tanh', {}, x, { ...y, y_scale: 1 / 128, y_zero_point: 0 }).data as Int8Array;
    expect(lineOf(table, from, { scale: 1 / 128, zeroPoint: 0 })).toBeUndefined();
  });

  const lookup = (entries: ArrayLike<number | bigint>): string => `graph @g(%x: i8[1,4] quant(0.05:3))
  const %t: i8[256] = [${Array.from(entries).join(', ')}]
  %y = qlinear_lookup %x, %t {y_scale=${Math.fround(1 / 255)}, y_zero_point=-128}
  return %y`;

  test('any other table is gathered from', () => {
    const table = lookupTable(x, y, (real) => Math.abs(Math.sin(real)));
    expect(operators(lookup(table.data))).toEqual(['CAST', 'ADD', 'GATHER']);
  });

  test('a line is one depthwise convolution', () => {
    const table = unaryTable('hard_sigmoid', { alpha: 1 / 6, beta: 0.5 }, x, y);
    expect(operators(lookup(table.data))).toEqual(['RESHAPE', 'DEPTHWISE_CONV_2D', 'RESHAPE']);
  });
});

describe('weights with zero points', () => {
  const layer = (
    dtype: string,
    zero: number,
    data = 'random(1)',
  ): string => `graph @g(%x: ${dtype}[1,4] quant(0.05:3))
  const %w: i8[2,4] quant(0.011:${zero}) = ${data}
  %y = qlinear_fully_connected %x, %w {y_scale=0.083, y_zero_point=7, y_dtype="${dtype}", rounding="single"}
  return %y`;
  const weightOf = (text: string) => decodeTflite(emit(text)).tensors.find(({ name }) => name === 'w');

  test('are those of uint8 models, where all weights are uint8', () => {
    expect(weightOf(layer('u8', -37))).toMatchObject({ type: 'UINT8', zeroPoint: [91] });
    expect(weightOf(layer('u8', 0))).toMatchObject({ type: 'UINT8', zeroPoint: [128] });
    expect(() => emit(layer('u8', 0).replace('quant(0.011:0)', 'quant(axis=0, 0.1:0, 0.2:0)'))).toThrow(
      'weights with scales by channel beside uint8',
    );
  });

  test('are taken off beside int8, where 8 bits hold the rest', () => {
    const text = layer('i8', 20, '[100, -90, 20, 3, 5, 7, -100, 0]');
    expect(weightOf(text)).toMatchObject({ type: 'INT8', zeroPoint: [0] });
    expect(new Int8Array(weightOf(text)?.data?.slice().buffer ?? [])[0]).toBe(80);
    expect(() => emit(layer('i8', -100, '[100, -90, 20, 3, 5, 7, -100, 0]'))).toThrow(
      'weights with a zero point, which 8 bits do not hold without it,',
    );
  });
});

describe('names', () => {
  test('inputs and outputs keep theirs; one that is the other is copied', () => {
    const model = emit(
      'graph @g(%x: f32[2])\n  %y = relu %x\n  return %y as "out", %y as "again", %x as "same"',
    );
    const { inputs, outputs } = readTflite(model);
    expect(inputs.map(({ name }) => name)).toEqual(['x']);
    expect(outputs.map(({ name }) => name)).toEqual(['out', 'again', 'same']);
  });

  test('an inner tensor gives way to an output of the same name', () => {
    const model = emit('graph @g(%x: f32[2])\n  %y = relu %x\n  %z = exp %y\n  return %z as "y"');
    expect(readTflite(model).outputs.map(({ name }) => name)).toEqual(['y']);
  });
});

describe('refusals', () => {
  test('an op without an operator is named', () => {
    const text = 'graph @g(%x: f32[1,3])\n  %y = erf %x from "node"\n  return %y';
    expect(() => emit(text)).toThrow('error[tflite/write]: erf has no TFLite form');
    expect(() => emit(text)).toThrow('node');
  });

  test('a layer that rounds once is told from one of TFLite', () => {
    const text = `graph @g(%x: i8[1,4,4,1] quant(0.1:0))
  const %w: i8[1,1,1,1] quant(0.1:0) = [3]
  %y = qlinear_conv2d_nhwc %x, %w {y_scale=0.1, rounding="single"}
  return %y`;
    expect(() => emit(text)).toThrow('error[tflite/rounding]');
    expect(operators(text.replace('single', 'double'))).toEqual(['CONV_2D']);
  });

  test('types and shapes that TFLite has not', () => {
    expect(() => emit('graph @g(%x: f64[2])\n  %y = relu %x\n  return %y')).toThrow('the element type f64');
    expect(() => emit('graph @g(%x: f32[0])\n  %y = relu %x\n  return %y')).toThrow('without elements');
  });
});
