import { CompileError, type Tensor } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { conform } from './conform.ts';
import { interpreterRuntime } from './interpreter-runtime.ts';
import type { Runtime } from './runtime.ts';
import { suites } from './suites/index.ts';

test('the interpreter conforms', async () => {
  const report = await conform(interpreterRuntime);
  expect(report.problems).toEqual([]);
  expect(report.cases.length).toBeGreaterThan(700);
  expect(new Set(report.cases.map(({ name }) => name)).size).toBe(report.cases.length);
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
  const report = await conform(off, { suites });
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

const doubled = `graph @g(%x: f32[3,5])
  %k = exp %x
  %y = sqrt %k
  return %y`;
const small = { suites: [{ name: 's', cases: [{ name: 's/one', text: doubled }] }] };

/** The interpreter, which then does something with its inputs. */
function meddling(meddle: (values: Float32Array) => void): Runtime {
  return {
    name: 'meddling',
    prepare: async (model) => {
      const { run } = await interpreterRuntime.prepare(model);
      return {
        run: async (inputs) => {
          const outputs = new Map([...(await run(inputs))].map(([name, y]) => [name, perturbed(y)]));
          for (const { data } of inputs.values()) meddle(data as Float32Array);
          return outputs;
        },
      };
    },
  };
}

test('a runtime that writes into its inputs is told so, and widens no tolerance', async () => {
  const { cases } = await conform(
    meddling((values) => values.fill(1e30)),
    small,
  );
  expect(cases).toMatchObject([{ status: 'error', message: 'the runtime wrote into its input x' }]);
  const again = await conform(interpreterRuntime, small);
  expect(again.problems).toEqual([]);
});

test('a runtime that takes the memory of its inputs is told so', async () => {
  const taking = meddling((values) => structuredClone(values, { transfer: [values.buffer as ArrayBuffer] }));
  const { cases } = await conform(taking, {
    suites: [{ name: 's', cases: [{ name: 's/two', text: doubled }] }],
  });
  expect(cases).toMatchObject([{ status: 'error', message: 'the runtime took the memory of its input' }]);
});

test('a refusal by name is no failure, and a crash is one', async () => {
  const refusing = (error: Error): Runtime => ({ name: 'refusing', prepare: () => Promise.reject(error) });
  const { cases, problems } = await conform(refusing(new CompileError('run/refused', 'no exp')), small);
  expect({ status: cases[0]?.status, problems }).toEqual({ status: 'refused', problems: [] });
  expect((await conform(refusing(new Error('crash')), small)).problems).toEqual(['s/one: crash']);
});

function perturbed(tensor: Tensor): Tensor {
  const largest = (tensor.data as Float32Array).reduce((most, v) => Math.max(most, Math.abs(v)), 1e-3);
  return { ...tensor, data: Float32Array.from(tensor.data as Float32Array, (v) => v + largest * 1e-3) };
}
