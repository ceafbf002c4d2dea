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

  test('settings of blocks', () => {
    const plain = parameterSpecs('ghostnet:0.5@32/10');
    expect(parameterSpecs('ghostnet:0.5@32/10,ratio=2,dw=3,depth=1,se=0.25')).toEqual(plain);
    const other = new Map(
      parameterSpecs('ghostnet:0.5@32/10,ratio=3,dw=5,depth=0.5,se=0').map(({ name, shape }) => [
        name,
        shape,
      ]),
    );
    expect(other.get('blocks.0.0.ghost1.primary_conv.0.weight')).toEqual([3, 8, 1, 1]); // ceil(8 / 3)
    expect(other.get('blocks.0.0.ghost1.cheap_operation.0.weight')).toEqual([6, 1, 5, 5]);
    expect([...other.keys()].some((name) => name.includes('.se.'))).toBe(false);
    const blocks = new Set([...other.keys()].map((name) => name.split('.').slice(0, 3).join('.')));
    expect(['blocks.6.2', 'blocks.6.3', 'blocks.8.1', 'blocks.8.2'].map((one) => blocks.has(one))).toEqual([
      ...[true, false, true, false],
    ]);
    expect(() => parameterSpecs('ghostnet:0.5,ratio=1,dw=4,depth=9,se=2')).toThrow(
      /ratio expects.*found 1; dw expects.*found 4; depth expects.*found 9; se expects.*found 2/,
    );
    expect(() => parameterSpecs('ghostnet:0.5,width=3')).toThrow('one of the settings ratio, dw, depth, se');
    expect(() => parameterSpecs('ghost_vgg16:2,se=0')).toThrow('se is a setting of a ghostnet: model only');
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
