import { type Graph, parseGraph, printGraph, randomTensor } from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { type Editor, edit, mergeModels, renameValues } from './index.ts';

const parse = (body: string, inputs = '%x: f32[4]'): Graph =>
  parseGraph(`graph @g(${inputs})\n${body}`, { registry });
const chain = (): Graph => parse('  %a = relu %x\n  %b = neg %a\n  %c = abs %b\n  return %c as "y"');
const x = randomTensor({ dtype: 'f32', shape: [4] }, 3);
const ops = (graph: Graph): string[] => [...graph.nodes()].map(({ op }) => op);
const quantise = { y_scale: 0.1, y_zero_point: 0, y_dtype: 'i8' };

describe('edit', () => {
  test('any number of changes, one after the other', () => {
    const graph = edit(chain(), (e) => {
      e.insertAfter('a', { op: 'tanh', inputs: ['a'], name: 't' });
      e.insertAfter('t', { op: 'exp', inputs: ['t'] });
      e.bypass('b');
      e.replace('c', { op: 'sigmoid', inputs: ['exp'] });
      e.output('t');
      e.rename({ x: 'input' });
    });
    expect(ops(graph)).toEqual(['relu', 'tanh', 'exp', 'sigmoid']);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y', 't']);
    expect(graph.inputs[0]?.name).toBe('input');
  });

  test('several nodes between a value and its readers; types in between may be others', () => {
    const graph = edit(chain(), (e) => {
      e.insertAfter('a', (value) => {
        const q = e.add({ op: 'quantize_linear', inputs: [value], attrs: quantise });
        return e.add({ op: 'dequantize_linear', inputs: [q] });
      });
    });
    expect(ops(graph)).toEqual(['relu', 'quantize_linear', 'dequantize_linear', 'neg', 'abs']);
  });

  test('a type that changes is inferred again downstream', () => {
    const graph = edit(chain(), (e) => e.setInput('x', { dtype: 'f16', shape: ['n', 4] }));
    expect(graph.outputs[0]?.value.type).toMatchObject({ dtype: 'f16', shape: ['n', 4] });
  });

  test('u8 pictures come in through a cast', () => {
    const graph = edit(chain(), (e) => {
      e.setInput('x', { dtype: 'u8' });
      e.insertAfter('x', { op: 'cast', inputs: ['x'], attrs: { to: 'f32' } });
    });
    expect(graph.inputs[0]?.type.dtype).toBe('u8');
    expect(graph.outputs[0]?.value.type.dtype).toBe('f32');
  });

  test('values and nodes of the graph that went in stand for their copies', () => {
    const graph = chain();
    const [relu, neg] = [...graph.nodes()];
    if (!relu || !neg) throw new Error('expected two nodes');
    const edited = edit(graph, (e) => {
      e.insertAfter(relu.output, (x) => e.ops.add({ a: x, b: relu.output }));
      e.insertBefore(neg, 0, (x) => e.ops.tanh({ x }));
      e.output(neg.output, 'inner');
    });
    expect(ops(edited)).toEqual(['relu', 'add', 'tanh', 'neg', 'abs']);
    expect(ops(graph)).toEqual(['relu', 'neg', 'abs']);
  });

  test('one edge only', () => {
    const two = parse('  %a = relu %x\n  %b = add %a, %a\n  %c = mul %a, %b\n  return %c');
    const graph = edit(two, (e) => e.insertBefore(e.nodeOf('c'), 0, { op: 'neg', inputs: ['a'] }));
    expect(printGraph(graph).text).toMatch(/add %a, %a[\s\S]*mul %neg, %b/);
  });

  test('nodes are put after what they read', () => {
    const graph = edit(chain(), (e) =>
      e.insertAfter('x', (value) =>
        e.add({ op: 'add', inputs: [value, e.add({ op: 'exp', inputs: [value] })] }),
      ),
    );
    expect(ops(graph)).toEqual(['exp', 'add', 'relu', 'neg', 'abs']);
    expect(() => edit(chain(), (e) => e.insertAfter('a', { op: 'add', inputs: ['a', 'c'] }))).toThrow(
      'would be computed from itself',
    );
  });

  test('what nothing reads any more goes with what it read', () => {
    const graph = edit(chain(), (e) => {
      e.output('a');
      e.removeOutput('y');
    });
    expect(ops(graph)).toEqual(['relu']);
    expect(ops(edit(chain(), (e) => e.replace('c', 'x')))).toEqual([]);
  });

  test.each<[string, (e: Editor) => unknown, string]>([
    [
      'an error of the caller',
      () => {
        throw new Error('mine');
      },
      'mine',
    ],
    [
      'an unknown value',
      (e) => e.insertAfter('aa', { op: 'neg', inputs: ['aa'] }),
      'there is no value %aa; there are %a',
    ],
    ['an unknown op', (e) => e.add({ op: 'negate', inputs: ['a'] }), 'there is no op negate'],
    [
      'an unknown attribute',
      (e) => e.add({ op: 'clip', inputs: ['a'], attrs: { maximum: 1 } }),
      'no attribute maximum',
    ],
    ['types that do not fit at the end', (e) => e.setInput('x', { shape: [2, 4] }), 'error'],
    ['a name that another value has', (e) => e.rename({ a: 'b' }), 'two values would be called %b'],
  ])('%s leaves the graph as it was', (name, change, message) => {
    const graph = parse(
      '  const %w: f32[4] = [1,2,3,4]\n  %a = add %x, %w\n  %b = reshape %a {shape=[2,2]}\n  return %b',
    );
    const before = printGraph(graph).text;
    expect(() => edit(graph, (e) => void change(e)), name).toThrow(message);
    expect(printGraph(graph).text).toBe(before);
  });
});

describe('rename', () => {
  test('swaps, and nobody else', () => {
    const graph = renameValues(chain(), { a: 'b', b: 'a' });
    expect(printGraph(graph).text).toContain('%b = relu %x');
    expect(printGraph(graph).text).toContain('%a = neg %b');
    expect(() => renameValues(chain(), { a: 'c' })).toThrow('two values would be called %c');
  });

  test('by a function', () => {
    const graph = renameValues(chain(), (name) => `net/${name}`);
    expect([graph.inputs[0]?.name, graph.outputs[0]?.name]).toEqual(['net/x', 'net/y']);
  });
});

describe('merge', () => {
  test('side by side with a shared input, a prefix, and outputs of one name', () => {
    const merged = mergeModels(chain(), chain(), {}, { prefix: 'second/', shareInputs: true });
    expect(merged.inputs).toHaveLength(1);
    expect(merged.outputs.map(({ name }) => name)).toEqual(['y', 'second/y']);
    const [a, b] = evaluateGraph(merged, [x]);
    expect(a).toEqual(b);
  });

  test('one after the other, with equal names', () => {
    const merged = mergeModels(chain(), chain(), { x: 'y' });
    expect(merged.outputs.map(({ name }) => name)).toEqual(['y']);
    expect(evaluateGraph(merged, [x])).toEqual(evaluateGraph(chain(), evaluateGraph(chain(), [x])));
    expect(mergeModels(chain(), chain(), {}).outputs.map(({ name }) => name)).toEqual(['y', 'y_1']);
  });
});
