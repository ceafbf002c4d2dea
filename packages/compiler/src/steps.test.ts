import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { compileC, compileCInSteps, compileFilesInSteps } from './compile.ts';
import { graphData } from './graph-data.ts';
import { optimizeInSteps } from './pipeline.ts';
import type { Progress } from './steps.ts';

const model = parseGraph(
  `graph @net(%x: f32[1,3,8,8])
     const %w: f32[4,3,3,3] = random(1)
     %0 = conv2d %x, %w {pads=[1, 1, 1, 1]}
     %y = relu %0
     return %y`,
  { registry },
);

test('in steps a compile makes the same files, and tells of every stage in order', async () => {
  const told: Progress[] = [];
  const { files } = await compileCInSteps(model, { onProgress: (progress) => told.push(progress) });
  expect(files).toEqual(compileC(model).files);
  expect([...new Set(told.map(({ stage }) => stage))]).toEqual(['optimize', 'plan', 'emit']);
  expect(told.filter(({ stage }) => stage === 'optimize').at(-1)?.done).toBe(1);
});

test.each(['onnx', 'wgsl', 'c'] as const)(
  '%s: an abort between two steps ends the compile',
  async (target) => {
    const controller = new AbortController();
    const onProgress = ({ step }: Progress): void => {
      if (step === 'canonicalize') setTimeout(() => controller.abort());
    };
    const compile = compileFilesInSteps(model, target, { signal: controller.signal, onProgress });
    await expect(compile).rejects.toThrow(/abort/);
  },
);

test('rules that fire and decline are told as they do', async () => {
  const fired: string[] = [];
  await optimizeInSteps(model, { onFire: (rule) => fired.push(rule) });
  expect(fired).toContain('fuse-activation');
});

test('a graph as data has the edges between nodes, inputs and outputs, and no constants', () => {
  expect(JSON.parse(JSON.stringify(graphData(model)))).toMatchObject({
    inputs: [{ name: 'x', type: 'f32[1,3,8,8]' }],
    nodes: [
      { id: '0', op: 'conv2d', attrs: { pads: '[1,1,1,1]' }, weights: [{ name: 'w', type: 'f32[4,3,3,3]' }] },
      { id: 'y', op: 'relu' },
    ],
    edges: [
      { from: { kind: 'input', id: 'x' }, to: { kind: 'node', id: '0' }, value: 'x' },
      { from: { kind: 'node', id: '0' }, to: { kind: 'node', id: 'y' }, value: '0' },
      { from: { kind: 'node', id: 'y' }, to: { kind: 'output', id: 'y' }, value: 'y' },
    ],
  });
});
