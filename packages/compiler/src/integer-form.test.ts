import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { integerForm, isQuantized } from './integer-form.ts';

const parse = (text: string) => parseGraph(text, { registry, resources: new Map() });

test('weights that are stored in integers, also after a transposition, leave a float model', () => {
  const graph = parse(`graph @w(%x: f32[1,4])
  const %w: i8[4,8] quant(0.1:0) = random(1)
  %t = transpose %w {perm=[1, 0]}
  %f = dequantize_linear %t
  %y = fully_connected %x, %f
  return %y
`);
  expect(isQuantized(graph)).toBe(false);
  expect(integerForm(graph)).toBeUndefined();
});

test('QDQ of what is computed has a form in integers', () => {
  const graph = parse(`graph @q(%x: i8[1,4] quant(0.1:0))
  const %w: i8[8,4] quant(0.1:0) = random(1)
  const %b: i32[8] quant(0.01:0) = random(2)
  %xf = dequantize_linear %x
  %wf = dequantize_linear %w
  %bf = dequantize_linear %b
  %f = fully_connected %xf, %wf, %bf
  %y = quantize_linear %f {y_scale=0.1, y_zero_point=0, y_dtype="i8"}
  return %y
`);
  expect([...(integerForm(graph)?.nodes() ?? [])].map(({ op }) => op)).toEqual(['qlinear_fully_connected']);
});
