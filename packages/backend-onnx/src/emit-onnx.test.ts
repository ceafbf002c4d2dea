import { parseGraph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { emitOnnx } from './emit-onnx.ts';

/** Names that the nodes and initializers of the written model define, and those of its outputs. */
function namesIn(text: string): { values: string[]; outputs: string[] } {
  const graph = readOnnx(emitOnnx(parseGraph(text, { registry })), { file: 'written.onnx' });
  const values = [...graph.nodes()].flatMap((node) => node.outputs.map((value) => value.name));
  return { values, outputs: graph.outputs.map(({ name }) => name) };
}

test('a graph output keeps its name when an inner value is called like it', () => {
  const { values, outputs } = namesIn(
    'graph @g(%x: f32[1,4])\n%y = relu %x\n%z = sigmoid %y\nreturn %z as "y"',
  );
  expect(outputs).toEqual(['y']);
  expect(new Set(values).size).toBe(values.length);
});

test('a constant that is called like an output makes room for it', () => {
  const text = 'graph @g(%x: f32[2])\nconst %y: f32[2] = [1, 2]\n%z = add %x, %y\nreturn %z as "y"';
  expect(namesIn(text).outputs).toEqual(['y']);
});
