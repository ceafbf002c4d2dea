import { expect, test } from 'vitest';
import { parseGraph } from './parse-graph.ts';
import { visitGraph } from './visit-graph.ts';

test('inputs, each node before the values around it, outputs; an input that nothing reads is left out', () => {
  const graph = parseGraph(`graph @g(%x: f32[2], %unused: f32[2])
  %a = relu %x : f32[2]
  %b = add %a, %x : f32[2]
  return %b, %x as "same"`);
  const seen: string[] = [];
  visitGraph(graph, {
    node: ({ op }) => seen.push(op),
    value: ({ name }, node) => seen.push(`${name} of ${node?.op}`),
  });
  expect(seen).toEqual([
    'x of undefined',
    ...['relu', 'x of relu', 'a of relu'],
    ...['add', 'a of add', 'x of add', 'b of add'],
    ...['b of add', 'x of undefined'],
  ]);
});
