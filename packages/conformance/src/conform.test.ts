import type { Tensor } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { conform } from './conform.ts';
import { interpreterRuntime } from './interpreter-runtime.ts';
import type { Runtime } from './runtime.ts';

test('the interpreter conforms', async () => {
  const report = await conform(interpreterRuntime);
  expect(report.problems).toEqual([]);
  expect(report.cases.length).toBeGreaterThan(90);
});

test('a runtime that is off by one part in a thousand fails every case', async () => {
  const off: Runtime = {
    name: 'off',
    prepare: async (model) => {
      const { run } = await interpreterRuntime.prepare(model);
      return {
        run: async (inputs) =>
          new Map([...(await run(inputs))].map(([name, tensor]) => [name, perturbed(tensor)])),
      };
    },
  };
  const report = await conform(off);
  expect(report.cases.filter((one) => one.status === 'pass').map((one) => one.name)).toEqual([]);
});

test('a skip that passes or names no case is a problem', async () => {
  const report = await conform(interpreterRuntime, {
    skip: { 'conv2d/dilated': 'no dilation', 'conv2d/none': 'typo' },
  });
  expect(report.problems).toEqual([
    'skip conv2d/dilated: the case passes',
    'skip conv2d/none: there is no such case',
  ]);
});

function perturbed(tensor: Tensor): Tensor {
  const largest = (tensor.data as Float32Array).reduce((most, v) => Math.max(most, Math.abs(v)), 1e-3);
  return { ...tensor, data: Float32Array.from(tensor.data as Float32Array, (v) => v + largest * 1e-3) };
}
