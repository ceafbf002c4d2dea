import { fromNumbers, type Tensor, toNumbers, verify } from '@ghostc/ir';
import { graphMacs, registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { buildFromSpec, parameterCount, parameterSpecs } from './build-from-spec.ts';
import { buildRepGhostNet } from './build-repghostnet.ts';
import { initialState } from './initial-state.ts';

test('RepGhostNet has the published parameters under the names of timm', () => {
  verify(buildFromSpec('repghostnet:1.0@64', { seed: 1 }), registry);
  expect(parameterCount('repghostnet:1.0')).toBe(4_073_604);
  expect(graphMacs(buildFromSpec('repghostnet:1.0', { seed: 1 }))).toBe(142_394_128);
  const names = parameterSpecs('repghostnet:0.5').map(({ name }) => name);
  expect(names).toContain('blocks.6.3.ghost2.fusion_bn.0.running_var');
  expect(names).toContain('blocks.3.0.se.conv_reduce.bias');
  expect(names).toContain('blocks.9.0.conv.weight');
});

test('a state dict of float16 gives what its numbers in float32 give', () => {
  const spec = 'repghostnet:0.5@32/4';
  const half = new Map<string, Tensor>(
    [...initialState(spec, 3)].map(([name, one]) => [name, fromNumbers('f16', one.shape, toNumbers(one))]),
  );
  const weights = { stateDict: half };
  const graph = buildRepGhostNet({ width: 0.5, resolution: 32, classes: 4, weights });
  const stem = [...graph.constants].find(({ name }) => name === 'conv_stem.weight');
  expect(stem?.type.dtype).toBe('f32');
  expect(toNumbers(stem?.constant as Tensor)).toEqual(
    Float32Array.from(toNumbers(half.get('conv_stem.weight') as Tensor), Number),
  );
});
