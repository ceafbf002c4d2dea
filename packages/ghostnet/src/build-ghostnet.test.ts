import { verify } from '@ghostc/ir';
import { graphMacs, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { parameterCount, parameterSpecs } from './build-from-spec.ts';
import { buildGhostBottleneck, buildGhostModule, buildGhostNet } from './build-ghostnet.ts';
import { parseModelSpec } from './parse-model-spec.ts';

describe('GhostNet V1', () => {
  test.each([
    [0.5, 2_587_292],
    [1.0, 5_182_508],
    [1.3, 7_358_820],
  ])('%sx has the published parameter count', (width, count) => {
    expect(parameterCount(`ghostnet:${width}`)).toBe(count);
  });

  test.each([
    [0.5, 42_328_152],
    [1.0, 141_150_512],
  ])('%sx has the published multiply-accumulates', (width, macs) => {
    const graph = buildGhostNet({ width, weights: { seed: 1 } });
    verify(graph, registry);
    expect(graphMacs(graph)).toBe(macs);
  });

  test('resolution, classes, batch and dropout', () => {
    const graph = buildGhostNet({
      width: 0.5,
      resolution: 96,
      classes: 10,
      dropout: 0,
      batch: 2,
      weights: { seed: 1 },
    });
    verify(graph, registry);
    expect(graph.inputs[0]?.type.shape).toEqual([2, 3, 96, 96]);
    expect(graph.outputs[0]?.value.type.shape).toEqual([2, 10]);
    expect([...graph.nodes()].some((node) => node.op === 'dropout')).toBe(false);
  });

  test('the same seed gives the same weights, another seed others', () => {
    const first = (seed: number) =>
      [...buildGhostModule({ inp: 3, oup: 8, size: 4, weights: { seed } }).constants][0]?.constant?.data;
    expect(first(1)).toEqual(first(1));
    expect(first(1)).not.toEqual(first(2));
  });
});

describe('state dict', () => {
  const spec = { width: 0.5, resolution: 32, classes: 10 };
  const stateDict = new Map(
    parameterSpecs('ghostnet:0.5@32/10').map(({ name, shape }) => [
      name,
      { dtype: 'f32' as const, shape, data: new Float32Array(shape.reduce((p, d) => p * d, 1)) },
    ]),
  );

  test('is taken by name', () => {
    const graph = buildGhostNet({ ...spec, weights: { stateDict } });
    expect([...graph.constants].find((value) => value.name === 'conv_stem.weight')?.constant).toBe(
      stateDict.get('conv_stem.weight'),
    );
  });

  test('names what is missing, unexpected and of another shape', () => {
    const broken = new Map(stateDict);
    broken.delete('bn1.bias');
    broken.set('extra.weight', { dtype: 'f32', shape: [1], data: new Float32Array(1) });
    broken.set('classifier.bias', { dtype: 'f32', shape: [9], data: new Float32Array(9) });
    const attempt = () => buildGhostNet({ ...spec, weights: { stateDict: broken } });
    expect(attempt).toThrow('missing: bn1.bias f32[8]');
    expect(attempt).toThrow('unexpected: extra.weight');
    expect(attempt).toThrow('classifier.bias: expected f32[10], found f32[9]');
  });
});

test('bottlenecks with stride, squeeze-and-excite and shortcut verify', () => {
  const graph = buildGhostBottleneck({
    inp: 24,
    mid: 72,
    out: 40,
    size: 14,
    stride: 2,
    seRatio: 0.25,
    dwKernel: 5,
    weights: { seed: 3 },
  });
  verify(graph, registry);
  expect(graph.outputs[0]?.value.type.shape).toEqual([1, 40, 7, 7]);
});

test('specs', () => {
  expect(parseModelSpec('ghostnet:0.5@96/10')).toEqual({
    family: 'ghostnet',
    size: 0.5,
    resolution: 96,
    classes: 10,
  });
  expect(() => parseModelSpec('ghostnet:big')).toThrow('expected FAMILY:SIZE[@RESOLUTION][/CLASSES]');
  expect(() => parseModelSpec('resnet:1')).toThrow('families: ghostnet, ');
  expect(() => buildGhostNet({ width: -1, weights: { seed: 1 } })).toThrow('width expects');
});
