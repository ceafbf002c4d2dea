import { parseGraph, printGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { widenHalf } from './widen-half.ts';

const graph = (text: string) => parseGraph(text, { registry });

const half = `graph @g(%x: f16[1,2])
  const %w: f16[2,2] = [1, 0.5, 2, 4]
  %0 = fully_connected %x, %w from "linear"
  %1 = cast %0 {to="f32"}
  %2 = cast %1 {to="f16"}
  %3 = less %2, %x
  return %2, %3`;

test('everything between inputs and outputs is float32, casts within go', () => {
  const wide = widenHalf(graph(half), 'cast');
  expect([...wide.nodes()].map(({ op, output }) => `${op} ${output.type.dtype}`)).toEqual([
    'cast f32',
    'fully_connected f32',
    'less bool',
    'cast f16',
  ]);
  expect(wide.outputs.map(({ value }) => value.type.dtype)).toEqual(['f16', 'bool']);
  expect([...wide.nodes()][1]?.origin).toEqual(['linear']);
});

test('inputs and outputs of float32 leave no cast', () => {
  const wide = widenHalf(graph(half), 'float');
  expect([...wide.nodes()].map(({ op }) => op)).toEqual(['fully_connected', 'less']);
  expect(wide.inputs[0]?.type.dtype).toBe('f32');
});

test.each([
  ['movement', 'transpose %x {perm=[1,0]}'],
  ['a conversion', 'cast %x {to="f32"}'],
])('%s by itself stays as it is', (_, node) => {
  const moved = graph(`graph @g(%x: bf16[2,3])\n  %0 = ${node}\n  return %0`);
  expect(widenHalf(moved, 'cast')).toBe(moved);
});

test('an output that is a constant keeps its type', () => {
  const wide = widenHalf(graph(half.replace('return %2, %3', 'return %w, %2')), 'cast');
  expect(printGraph(wide).text).toContain('f16[2,2]');
});
