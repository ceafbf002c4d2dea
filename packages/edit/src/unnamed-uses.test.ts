import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { edit, loadOnnx, saveOnnx } from './index.ts';

const scalar = (...data: readonly number[]) =>
  ({ dtype: 'f32', shape: [data.length], data: Float32Array.from(data) }) as const;
const parsed = (text: string) => parseGraph(text, { registry });

describe('inputs', () => {
  const two = (): ReturnType<typeof parsed> =>
    parsed(`graph @g(%x: f32[2], %scale: f32[2], %spare: f32[2])
  %a = mul %x, %scale
  %b = neg %scale
  %y = add %a, %b
  return %y`);

  test('that are always the same become constants', () => {
    const frozen = edit(two(), (e) => e.freeze('scale', scalar(2, 3)));
    expect(frozen.inputs.map(({ name }) => name)).toEqual(['x', 'spare']);
    expect([...frozen.constants].map(({ constant }) => [...(constant?.data ?? [])])).toEqual([[2, 3]]);
  });

  test('take a value of their own type only', () => {
    expect(() => edit(two(), (e) => e.freeze('scale', scalar(2)))).toThrow('%scale is f32[2], found f32[1]');
  });

  test('come in another order, and those that nothing reads may go', () => {
    const ordered = edit(two(), (e) => e.keepInputs('scale', 'x'));
    expect(ordered.inputs.map(({ name }) => name)).toEqual(['scale', 'x']);
    expect(() => edit(two(), (e) => e.keepInputs('x'))).toThrow('%scale is still used');
  });

  test('go with the dead part that read them', () => {
    const cut = edit(two(), (e) => {
      e.replaceOutput('y', { a: 'a' });
      e.removeDead();
      e.keepInputs('x', 'scale');
    });
    expect(cut.nodeCount).toBe(1);
  });
});

test('an identity stands before every input and output, whose names stay', () => {
  const graph = parsed('graph @g(%x: f32[2])\n  %h = relu %x\n  %y = neg %h\n  return %y, %h as "half"');
  const wrapped = edit(graph, (e) => {
    for (const { name } of graph.inputs) e.insertAfter(name, (x) => e.ops.identity({ x }));
    for (const { name } of graph.outputs)
      e.replaceOutput(name, { [name]: e.ops.identity({ x: e.outputValue(name) }) });
  });
  expect([...wrapped.nodes()].map(({ op }) => op)).toEqual([
    'identity',
    'relu',
    'identity',
    'neg',
    'identity',
  ]);
  const back = loadOnnx(saveOnnx(wrapped));
  expect([back.inputs, back.outputs].map((all) => all.map(({ name }) => name))).toEqual([
    ['x'],
    ['y', 'half'],
  ]);
});
