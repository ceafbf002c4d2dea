import type { Device } from '@ghostc/compiler';
import { type ConformanceCase, caseGraph, conform, joinCases, suites } from '@ghostc/conformance';
import { afterAll, describe, expect, test } from 'vitest';
import { cDevice, cRuntimeName, programDevices } from './c/c-device.ts';
import { skipWithout, type Tool } from './process/require-tool.ts';
import { createRuntime, runtimeNames, wgslRuntimeOn } from './runtime-table.ts';
import { batchedSuite } from './testing/batched-c.ts';
import { joinedC } from './testing/joined-c.ts';
import { codeFor } from './testing/same-c.ts';
import { testTurn } from './testing/turn.ts';
import { dawnDevice, wgslTools } from './wgsl/dawn-device.ts';
import { type Engine, engineTools, stopEngines } from './wgsl/engines.ts';

const tools = (name: string): readonly Tool[] => {
  if (name === 'wgsl' || name === 'wgsl@gpu') return wgslTools;
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

/** Cores whose float C is the same to the byte: the first of each row runs it. */
const alike: readonly (readonly [Device, ...Device[]])[] = [
  ['cortex-m4', 'cortex-m7', 'cortex-m33'],
  ['cortex-m55', 'cortex-m85'],
  ['rv32', 'rv32imc', 'rv32imac_zba_zbb', 'cortex-m0plus', 'cortex-m3'],
];
const held = alike.flatMap(([, ...others]) => others.map((device) => `c@${device}`));
const slowToStart = runtimeNames.filter((name) => name.includes('@') && !held.includes(name));

test.for(alike)('%s has the float C of the cores after it', ([first, ...others]) => {
  for (const graph of joined.map(caseGraph)) {
    const code = codeFor(graph, first);
    for (const device of others) expect(codeFor(graph, device) === code, device).toBe(true);
  }
});

/** The other engines of WGSL compile the shaders of Dawn: each has one of the two programs, and the other one in the next turn. */
const programsFor = (name: string): readonly ConformanceCase[] =>
  /^wgsl@(chromium|deno)$/.test(name)
    ? [joined[(testTurn() + Number(name === 'wgsl@deno')) % 2] as ConformanceCase]
    : joined;

/** On the host as well: optimised, and with the kernels of this processor. */
test.for(['c', ...slowToStart])(
  `%s conforms with all cases in two programs (GHOSTC_TURN=${testTurn()})`,
  async (name, context) => {
    skipWithout(tools(name), name, context);
    const cases = programsFor(name);
    const device = programDevices.find((one) => cRuntimeName(one) === name);
    const runtime = device ? joinedC(device) : createRuntime(name);
    const report = await conform(runtime, { suites: [{ name: 'joined', cases }] });
    expect(report.problems).toEqual([]);
    expect(report.cases.map(({ status }) => status)).toEqual(cases.map(() => 'pass'));
  },
);

test('an unknown target is named with those that there are', () => {
  expect(() => createRuntime('c@z80')).toThrow(
    `error[run/target]: there is no target c@z80; there are ${runtimeNames.join(', ')}`,
  );
  expect(runtimeNames).toEqual(
    expect.arrayContaining(['interpreter', 'onnx', 'wgsl', 'c', 'c@cortex-m4', 'wasm']),
  );
});
