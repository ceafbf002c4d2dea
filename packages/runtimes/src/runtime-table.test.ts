import { conform, suites } from '@ghostc/conformance';
import { afterAll, expect, test } from 'vitest';
import { cDevice } from './c/c-device.ts';
import { skipWithout, type Tool } from './process/require-tool.ts';
import { createRuntime, runtimeNames } from './runtime-table.ts';
import { wgslTools } from './wgsl/dawn-device.ts';
import { type Engine, engineTools, stopEngines } from './wgsl/engines.ts';

const tools = (name: string): readonly Tool[] => {
  if (name === 'wgsl') return wgslTools;
  if (name.startsWith('wgsl@')) return engineTools[name.slice(5) as Engine];
  return name.startsWith('c') ? cDevice(name.split('@')[1] ?? 'host').tools : [];
};

afterAll(stopEngines);

test.for(runtimeNames)('%s conforms', async (name, context) => {
  skipWithout(tools(name), name, context);
  const report = await conform(createRuntime(name), { suites });
  expect(report.problems).toEqual([]);
});

test('an unknown target is named with those that there are', () => {
  expect(() => createRuntime('c@z80')).toThrow(
    'error[run/target]: there is no target c@z80; there are interpreter, onnx, wgsl, wgsl@chromium, wgsl@deno, c, c@cortex-m4, c@cortex-m7, c@cortex-m55, c@rv32',
  );
});
