import { Graph, type Node } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { byLikeness } from './by-likeness.ts';

const data = new Float32Array([1, 2]);
const type = { dtype: 'f32', shape: [2] } as const;

function quantized(data: Int8Array, scale: number): Node {
  const graph = new Graph();
  const weight = { dtype: 'i8', shape: [2], data, quant: { scale: [scale], zeroPoint: [0] } } as const;
  const inputs = [graph.addInput('x', type), graph.addConstant('w', weight)];
  return graph.add({ op: 'add', inputs, types: [type], attrs: {} });
}

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

test('the same numbers at another scale are not alike', () => {
  const answer = byLikeness((node) => node);
  const weights = new Int8Array([1, 2]);
  const [one, other, again] = [0.5, 0.25, 0.5].map((scale) => answer(quantized(weights, scale)));
  expect(one).not.toBe(other);
  expect(again).toBe(one);
});
