import { compileWgsl } from '@ghostc/compiler';
import { buildFromSpec } from '@ghostc/ghostnet';
import { graphMacs } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { gpuFigures } from './gpu-figures.ts';

test('GhostNet 1.0x suits a GPU: short chains, few multiply-accumulates in few invocations', () => {
  const graph = buildFromSpec('ghostnet:1.0', { seed: 1 });
  const { manifest } = compileWgsl(graph);
  const software = gpuFigures(manifest, manifest.dispatches);
  const gpu = gpuFigures(manifest, manifest.gpuDispatches ?? []);
  // the formulas of the modules find all of the network's
  expect([software.macs, gpu.macs]).toEqual([graphMacs(graph), graphMacs(graph)]);
  expect(gpu.chain).toBeLessThanOrEqual(8000);
  expect(gpu.inFew).toBeLessThanOrEqual(0.1);
  expect(software.chain).toBeGreaterThan(2 * gpu.chain);
});

test('a module without a formula is named', () => {
  const dispatch = {
    label: 'x',
    module: 'new_1',
    entryPoint: 'main',
    ints: {},
    workgroups: [1, 1, 1],
  } as const;
  const { manifest } = compileWgsl(buildFromSpec('ghostnet:0.5', { seed: 1 }));
  expect(() => gpuFigures(manifest, [dispatch])).toThrow('x: there is no formula for the module new_1');
});
