import { compileC, type Device } from '@ghostc/compiler';
import { type ConformanceCase, caseGraph, conform, joinCases, suites } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { afterAll, describe, expect, test } from 'vitest';
import { cDevice } from './c/c-device.ts';
import { skipWithout, type Tool } from './process/require-tool.ts';
import { createRuntime, runtimeNames, wgslRuntimeOn } from './runtime-table.ts';
import { batchedSuite } from './testing/batched-c.ts';
import { dawnDevice, wgslTools } from './wgsl/dawn-device.ts';
import { type Engine, engineTools, stopEngines } from './wgsl/engines.ts';

const tools = (name: string): readonly Tool[] => {
  if (name === 'wgsl') return wgslTools;
  if (name.startsWith('wgsl@')) return engineTools[name.slice(5) as Engine];
  return name.startsWith('c') ? cDevice(name.split('@')[1] ?? 'host').tools : [];
};

const cases = suites.flatMap((suite) => suite.cases);

/** All cases as two programs, those that are right to the bit and those that round: for runtimes that take long to start. */
const joined: readonly ConformanceCase[] = [true, false].map((exact) =>
  joinCases({
    name: exact ? 'exact' : 'rounded',
    cases: cases.filter((one) => Boolean(one.exact) === exact),
  }),
);

afterAll(stopEngines);

describe('every case by itself', () => {
  test.for(['interpreter', 'onnx'])('%s conforms', async (name) => {
    expect((await conform(createRuntime(name), { suites })).problems).toEqual([]);
  });

  test('wgsl conforms', async (context) => {
    skipWithout(wgslTools, 'wgsl', context);
    const device = await dawnDevice();
    expect((await conform(wgslRuntimeOn(device), { suites })).problems).toEqual([]);
    device.destroy();
  });

  test('c conforms', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    expect((await conform(await batchedSuite(cases), { suites })).problems).toEqual([]);
  });
});

/** Cores whose C is another's to the byte, but for its name. */
const alike = {
  'cortex-m0plus': 'cortex-m4',
  'cortex-m3': 'cortex-m4',
  'cortex-m7': 'cortex-m4',
  'cortex-m33': 'cortex-m4',
  rv32imc: 'rv32',
} as const satisfies Partial<Record<Device, Device>>;
const names = Object.keys(alike).map((device) => `c@${device}`);
const slowToStart = runtimeNames.filter((name) => name.includes('@') && !names.includes(name));

test.for(Object.entries(alike) as [Device, Device][])('%s has the C of %s', ([one, other]) => {
  const code = (graph: Graph, device: Device) =>
    String(compileC(graph, { device, name: 'net' }).files.get('net.c'))
      .split('\n')
      .filter((line) => !/^( \* source|\/\* net:)/.test(line))
      .join('\n');
  for (const graph of joined.map(caseGraph)) expect(code(graph, one)).toBe(code(graph, other));
});

/** On the host as well: optimised, and with the kernels of this processor. */
test.for(['c', ...slowToStart])('%s conforms with all cases in two programs', async (name, context) => {
  skipWithout(tools(name), name, context);
  const report = await conform(createRuntime(name), { suites: [{ name: 'joined', cases: joined }] });
  expect(report.problems).toEqual([]);
  expect(report.cases.map(({ status }) => status)).toEqual(['pass', 'pass']);
});

test('an unknown target is named with those that there are', () => {
  expect(() => createRuntime('c@z80')).toThrow(
    `error[run/target]: there is no target c@z80; there are ${runtimeNames.join(', ')}`,
  );
  expect(runtimeNames).toEqual(
    expect.arrayContaining(['interpreter', 'onnx', 'wgsl', 'c', 'c@cortex-m4', 'wasm']),
  );
});
