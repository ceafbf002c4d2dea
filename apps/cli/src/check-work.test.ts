import { Graph } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { checkWork } from './check-work.ts';

/** A maximum of 3x3 over an image. */
function pooled(size: number | string): Graph {
  const graph = new Graph();
  const x = graph.addInput('x', { dtype: 'f32', shape: [1, 1, size, 4096] });
  const attrs = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], dilations: [1, 1] };
  graph.addOutput('y', buildNode(graph, { op: 'max_pool', inputs: [x], attrs, origin: ['Pool_0'] }).output);
  return graph;
}

test('a small file that makes too much is refused by its node; a large one, or --any-work, is not', () => {
  const graph = pooled(6000);
  const refusal =
    /a file of this size may have at most 33554432 elements of inputs and values here, found 49152000 and more; --any-work runs it all the same\n {2}at Pool_0 \(max_pool\)/;
  expect(() => checkWork({ graph, bytes: 1000 })).toThrow(refusal);
  expect(() => checkWork({ graph, bytes: 2 ** 20 })).not.toThrow();
  expect(() => checkWork({ graph, bytes: 1000 }, { anyWork: true })).not.toThrow();
});

test('inputs count as what is made of them', () => {
  const graph = new Graph();
  const x = graph.addInput('x', { dtype: 'f32', shape: [2 ** 22, 1] });
  graph.addOutput('y', buildNode(graph, { op: 'reduce_max', inputs: [x], attrs: { axes: [0] } }).output);
  expect(() => checkWork({ graph, bytes: 1000 })).not.toThrow();
  expect(() => checkWork({ graph, bytes: 1000 }, {}, 16)).toThrow(/at most 16777216 .* found 16777220 and/);
  const wide = new Graph();
  wide.addOutput('y', wide.addInput('x', { dtype: 'f32', shape: [2 ** 25 + 1] }));
  expect(() => checkWork({ graph: wide, bytes: 1000 })).toThrow(/at most 33554432 .*\n {2}at x/);
});

test('windows count, and symbolic dimensions are 1', () => {
  const graph = pooled('rows');
  expect(() => checkWork({ graph, bytes: 1000 })).not.toThrow();
  const attrs = { kernel_shape: [301, 301], pads: [150, 150, 150, 150], strides: [1, 1], dilations: [1, 1] };
  const [first] = graph.nodes();
  if (first) buildNode(graph, { op: 'max_pool', inputs: [first.output], attrs });
  expect(() => checkWork({ graph, bytes: 1000 })).not.toThrow();
  const wide = pooled(64);
  const [pool] = wide.nodes();
  if (pool) buildNode(wide, { op: 'max_pool', inputs: [pool.output], attrs });
  expect(() => checkWork({ graph: wide, bytes: 1000 })).toThrow(/at most 2147483648 steps/);
});

test('nodes count as steps where they run often; a file with weights may ask for twice as much', () => {
  const graph = new Graph();
  let x = graph.addInput('x', { dtype: 'f32', shape: [1] });
  for (let i = 0; i < 3000; i++) x = buildNode(graph, { op: 'relu', inputs: [x] }).output;
  graph.addOutput('y', x);
  expect(() => checkWork({ graph, bytes: 1000 })).not.toThrow();
  expect(() => checkWork({ graph, bytes: 1000 }, {}, 16)).toThrow(/at most 134217728 steps here/);
  expect(() => checkWork({ graph, bytes: 2 ** 17 }, {}, 16)).not.toThrow();
});
