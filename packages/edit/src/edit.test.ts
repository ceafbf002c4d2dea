import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Graph, parseGraph, randomTensor } from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import {
  bypassNode,
  changeBatch,
  changeInputShape,
  extractSubgraph,
  findNode,
  findNodes,
  findValue,
  insertAfter,
  loadOnnx,
  mergeModels,
  renameValues,
  replaceNode,
  saveOnnx,
  splitModel,
} from './index.ts';

const text = readFileSync(join(import.meta.dirname, '../../../test-fixtures/graphs/small_net.gir'), 'utf8');
const model = (): Graph => parseGraph(text, { registry });

const image = randomTensor({ dtype: 'f32', shape: [1, 3, 8, 8] }, 5);

describe('find', () => {
  test('nodes by op and by origin, values by name', () => {
    expect(findNodes(model(), { op: 'conv2d' }).map((node) => node.origin[0])).toEqual(['stem', 'head']);
    expect(findNode(model(), { origin: /^pool/ }).op).toBe('global_average_pool');
    expect(findValue(model(), 'logits').type.shape).toEqual([1, 2]);
    expect(findNodes(model(), { origin: /e/g }).length).toBe(findNodes(model(), { origin: /e/ }).length);
    expect(() => findNode(model(), { op: 'conv2d' })).toThrow('more than one node fits conv2d');
    expect(() => findValue(model(), 'nothing')).toThrow('there is no value %nothing');
  });
});

describe('insert, replace, bypass', () => {
  test('a node after a value is seen by everything that read it', () => {
    const graph = insertAfter(model(), '0', { op: 'neg', inputs: ['0'], name: 'flip' });
    expect(findNode(graph, { op: 'relu' }).inputs[0]?.name).toBe('flip');
  });

  test('replacing relu by clip at 6 computes the same here', () => {
    const graph = replaceNode(model(), '1', { op: 'clip', inputs: ['0'], attrs: { min: 0, max: 1000 } });
    expect(evaluateGraph(graph, [image])[0]?.data).toEqual(evaluateGraph(model(), [image])[0]?.data);
    expect(() => replaceNode(model(), '1', { op: 'global_average_pool', inputs: ['0'] })).toThrow(
      'the replacement gives f32[1,4,1,1], expected f32[1,4,8,8]',
    );
  });

  test('bypassing takes a node out', () => {
    expect(findNodes(bypassNode(model(), '1'), { op: 'relu' })).toEqual([]);
  });

  test('the graph that came in is not changed', () => {
    const graph = model();
    insertAfter(graph, '0', { op: 'neg', inputs: ['0'] });
    expect(graph.nodeCount).toBe(5);
  });
});

describe('extract, split, merge', () => {
  test('a split model, merged again, computes the same', () => {
    const { head, tail } = splitModel(model(), ['1']);
    expect([head.nodeCount, tail.nodeCount]).toEqual([2, 3]);
    const merged = mergeModels(head, tail, { 1: '1' });
    expect(evaluateGraph(merged, [image])[0]?.data).toEqual(evaluateGraph(model(), [image])[0]?.data);
    expect(merged.outputs.map(({ name }) => name)).toEqual(['logits']);
  });

  test('a subgraph between two values', () => {
    const graph = extractSubgraph(model(), { inputs: ['1'], outputs: ['3'] });
    expect(graph.inputs.map((input) => input.name)).toEqual(['1']);
    expect([...graph.nodes()].map((node) => node.op)).toEqual(['conv2d', 'global_average_pool']);
  });

  test('a cut that something reaches across is refused', () => {
    const skip = parseGraph(
      'graph @g(%x: f32[4])\n  %0 = relu %x\n  %1 = neg %0\n  %2 = add %1, %x\n  return %2',
      { registry },
    );
    expect(() => splitModel(skip, ['1'])).toThrow('%x would have to be cut as well as %1');
  });
});

describe('rename and resize', () => {
  test('input and output names', () => {
    const graph = renameValues(model(), { image: 'pixels', logits: 'scores' });
    expect(graph.inputs[0]?.name).toBe('pixels');
    expect(graph.outputs[0]?.name).toBe('scores');
  });

  test('batch and size', () => {
    expect(changeBatch(model(), 3).outputs[0]?.value.type.shape).toEqual([3, 2]);
    expect(changeBatch(model(), 'n').outputs[0]?.value.type.shape).toEqual(['n', 2]);
    expect(changeInputShape(model(), 'image', [1, 3, 16, 12]).outputs[0]?.value.type.shape).toEqual([1, 2]);
    expect(() => changeInputShape(model(), 'image', [1, 4, 8, 8])).toThrow(
      'error[conv2d/infer]: weight expects 3 input channels (3 x 1 groups), x has 4\n  at stem (conv2d)',
    );
  });

  test('an attribute that there is not is refused where the node is made, and by saving', () => {
    const clip = { op: 'clip', inputs: ['0'], attrs: { maximum: 6 } };
    expect(() => replaceNode(model(), '1', clip)).toThrow('clip has no attribute maximum');
    const graph = model();
    const relu = findNode(graph, { op: 'relu' });
    graph.add({ op: 'clip', inputs: [relu.output], types: [relu.output.type], attrs: { maximum: 6 } });
    expect(() => saveOnnx(graph)).toThrow('clip has no attribute maximum');
  });

  test('saved as ONNX and read again', () => {
    const graph = loadOnnx(saveOnnx(renameValues(model(), { image: 'pixels' })));
    expect(graph.inputs[0]?.name).toBe('pixels');
    expect(evaluateGraph(graph, [image])[0]?.data).toEqual(evaluateGraph(model(), [image])[0]?.data);
  });
});
