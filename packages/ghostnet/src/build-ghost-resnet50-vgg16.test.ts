import { verify } from '@ghostc/ir';
import { graphMacs, registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { buildFromSpec, parameterCount, parameterSpecs } from './build-from-spec.ts';

function stateDictSize(spec: string): number {
  return parameterSpecs(spec).reduce((sum, { shape }) => sum + shape.reduce((p, d) => p * d, 1), 0);
}

test('Ghost-VGG-16, s = 2: 7.65 M parameters, 159 M multiply-accumulates', () => {
  const graph = buildFromSpec('ghost_vgg16:2', { seed: 1 });
  verify(graph, registry);
  expect(graph.outputs[0]?.value.type.shape).toEqual([1, 10]);
  expect((parameterCount('ghost_vgg16:2') / 1e6).toFixed(2)).toBe('7.65');
  expect((graphMacs(graph) / 1e6).toFixed(0)).toBe('159');
});

test('Ghost-ResNet-50, s = 2: 13.0 M values, 2.2 G multiply-accumulates', () => {
  const graph = buildFromSpec('ghost_resnet50:2', { seed: 1 });
  verify(graph, registry);
  expect(graph.outputs[0]?.value.type.shape).toEqual([1, 1000]);
  expect((stateDictSize('ghost_resnet50:2') / 1e6).toFixed(1)).toBe('13.0');
  expect(parameterCount('ghost_resnet50:2')).toBe(12_935_012);
  expect((graphMacs(graph) / 1e9).toFixed(1)).toBe('2.2');
});

test('other ratios, resolutions and classes', () => {
  const vgg = buildFromSpec('ghost_vgg16:4@64/7', { seed: 1 });
  verify(vgg, registry);
  expect(vgg.outputs[0]?.value.type.shape).toEqual([1, 7]);
  const resnet = buildFromSpec('ghost_resnet50:3@65/11', { seed: 1 });
  verify(resnet, registry);
  expect(resnet.outputs[0]?.value.type.shape).toEqual([1, 11]);
  expect(() => buildFromSpec('ghost_vgg16:1', { seed: 1 })).toThrow('ratio expects an integer from 2');
  expect(() => buildFromSpec('ghost_vgg16:2@31', { seed: 1 })).toThrow('resolution expects 32');
});
