import { Graph, type Node } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { byLikeness } from './by-likeness.ts';

const data = new Float32Array([1, 2]);
const type = { dtype: 'f32', shape: [2] } as const;

function nodeOf(constant: Float32Array, scale = 1): Node {
  const graph = new Graph();
  const inputs = [
    graph.addInput('x', type),
    graph.addConstant('w', { dtype: 'f32', shape: [2], data: constant }),
  ];
  return graph.add({ op: 'add', inputs, types: [type], attrs: { scale } });
}

test('asks once for nodes of different graphs that are alike', () => {
  const asked: Node[] = [];
  const answer = byLikeness((node) => asked.push(node));
  expect([nodeOf(data), nodeOf(data)].map(answer)).toEqual([1, 1]);
  expect([nodeOf(data, 2), nodeOf(data.slice()), nodeOf(data)].map(answer)).toEqual([2, 3, 1]);
});
