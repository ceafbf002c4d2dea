import { compileC } from '@ghostc/compiler';
import { Graph } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { checkParameters } from './check-parameters.ts';

function outputs(count: number, io?: 'arena') {
  const graph = new Graph();
  const x = graph.addInput('x', { dtype: 'f32', shape: [1, 4] });
  for (let i = 0; i < count; i++)
    graph.addOutput(`y${i}`, buildNode(graph, { op: i % 2 ? 'relu' : 'sigmoid', inputs: [x] }).output);
  return compileC(graph, { name: 'wide', ...(io && { io }) });
}

test('thousands of parameters are refused before a compiler has them; what lies in the arena is no parameter', () => {
  expect(() => checkParameters(outputs(1023))).not.toThrow();
  expect(() => checkParameters(outputs(1024))).toThrow(
    'error[run/work]: wide_run takes 1025 inputs and outputs, expected at most 1024 where it is compiled here',
  );
  expect(() => checkParameters(outputs(1024, 'arena'))).not.toThrow();
});
