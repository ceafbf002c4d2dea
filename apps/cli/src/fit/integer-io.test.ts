import { interpret } from '@ghostc/interpreter';
import { fromNumbers, parseGraph, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { integerIo } from './integer-io.ts';

const parse = (body: string) => parseGraph(body, { registry, resources: new Map(), file: 'q.gir' });

test('float inputs and outputs become the integers that they are quantised to', () => {
  const graph = parse(`graph @q(%x: f32[2,3])
  %i = quantize_linear %x {y_scale=0.5, y_zero_point=1, y_dtype="i8"}
  %s = qlinear_add %i, %i {y_scale=1.0, y_zero_point=-2, y_dtype="i8", rounding="double"}
  %y = dequantize_linear %s
  return %y
`);
  const integers = integerIo(graph);
  if (!integers) throw new Error('expected a graph');
  verify(integers, registry);
  expect(integers.inputs.map(({ type }) => type.dtype)).toEqual(['i8']);
  expect([...integers.nodes()].map(({ op }) => op)).toEqual(['qlinear_add']);
  const x = new Map([[integers.inputs[0]?.name ?? '', fromNumbers('i8', [2, 3], [1, 3, 5, 7, -3, 1])]]);
  expect([...(interpret(integers, x).get('y')?.data ?? [])]).toEqual([-2, 0, 2, 4, -6, -2]);
});

test('an input that is an output too, and an output that is read twice, keep their floats', () => {
  const integers = integerIo(
    parse(`graph @q(%x: f32[2])
  %i = quantize_linear %x {y_scale=0.5, y_zero_point=1, y_dtype="i8"}
  %s = qlinear_add %i, %i {y_scale=1.0, y_zero_point=-2, y_dtype="i8", rounding="double"}
  %y = dequantize_linear %s
  %z = relu %y
  return %y, %z, %x
`),
  );
  if (!integers) throw new Error('expected a graph');
  verify(integers, registry);
  expect(integers.inputs.map(({ type }) => type.dtype)).toEqual(['f32']);
  expect(integers.outputs.map(({ value }) => value.type.dtype)).toEqual(['i8', 'f32', 'f32']);
});

test('a float model, and one of integers already, stay as they are', () => {
  expect(integerIo(parse('graph @f(%x: f32[2])\n  %y = relu %x\n  return %y\n'))).toBeUndefined();
  const already = `graph @q(%x: i8[2] quant(0.5:1))
  %y = qlinear_add %x, %x {y_scale=1.0, y_zero_point=-2, y_dtype="i8", rounding="double"}
  return %y
`;
  expect(integerIo(parse(already))).toBeUndefined();
});
