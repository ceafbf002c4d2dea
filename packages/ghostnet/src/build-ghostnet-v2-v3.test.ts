import { verify } from '@ghostc/ir';
import { graphMacs, registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { buildFromSpec, parameterCount, parameterSpecs } from './build-from-spec.ts';
import { buildGhostNetV2 } from './build-ghostnet-v2.ts';
import { buildGhostNetV3 } from './build-ghostnet-v3.ts';

test.each([
  ['ghostnetv2:1.0', 6_156_908, 167_048_288],
  ['ghostnetv3:1.0', 6_147_588, 167_048_288],
])('%s has the published parameters and multiply-accumulates', (spec, parameters, macs) => {
  const graph = buildFromSpec(spec, { seed: 1 });
  verify(graph, registry);
  expect(parameterCount(spec)).toBe(parameters);
  expect(graphMacs(graph)).toBe(macs);
});

test('the training form of V3 has the published branches', () => {
  const names = parameterSpecs('ghostnetv3-training:1.0').map(({ name }) => name);
  const branches = (start: string) =>
    [...new Set(names.filter((name) => name.startsWith(start)))].map((name) => name.slice(start.length));
  expect(branches('blocks.0.0.ghost1.').filter((name) => name.endsWith('conv.weight'))).toEqual([
    'primary_rpr_conv.0.conv.weight',
    'primary_rpr_conv.1.conv.weight',
    'primary_rpr_conv.2.conv.weight',
    'cheap_rpr_scale.conv.weight',
    'cheap_rpr_conv.0.conv.weight',
    'cheap_rpr_conv.1.conv.weight',
    'cheap_rpr_conv.2.conv.weight',
  ]);
  expect(branches('blocks.0.0.ghost1.cheap_rpr_skip.')).toEqual([
    'weight',
    'bias',
    'running_mean',
    'running_var',
  ]);
  expect(branches('blocks.1.0.dw_rpr_')).toContain('scale.bn.running_var');
  expect(branches('blocks.1.0.dw_rpr_skip')).toEqual([]);
});

test('shapes of outputs', () => {
  const small = { width: 0.5, resolution: 64, classes: 10, weights: { seed: 1 } };
  expect(buildGhostNetV2({ ...small, batch: 2 }).outputs[0]?.value.type.shape).toEqual([2, 10]);
  expect(buildGhostNetV3({ ...small, form: 'training' }).outputs[0]?.value.type.shape).toEqual([10]);
  expect(buildGhostNetV3({ ...small, batch: 2 }).outputs[0]?.value.type.shape).toEqual([2, 10]);
});

test('an input too small for the attention is refused', () => {
  expect(() => buildFromSpec('ghostnetv2:1.0@32', { seed: 1 })).toThrow('resolution expects 33 to 4096');
  verify(buildFromSpec('ghostnetv2:0.5@33/10', { seed: 1 }), registry);
});
