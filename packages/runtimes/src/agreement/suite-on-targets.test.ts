import {
  allSuites,
  type ConformanceCase,
  conform,
  onnxRuntimeDecisions,
  type Runtime,
  suites,
} from '@ghostc/conformance';
import { expect, test } from 'vitest';
import { cDevice } from '../c/c-device.ts';
import { skipWithout } from '../process/require-tool.ts';
import { createRuntime, wgslRuntimeOn } from '../runtime-table.ts';
import { batchedSuite } from '../testing/batched-c.ts';
import { dawnDevice, wgslTools } from '../wgsl/dawn-device.ts';

/** Every so many of the generated cases; `SUITE=all` runs all of them. */
const EVERY = process.env.SUITE === 'all' ? 1 : 16;
const LIMIT = { timeout: 900_000 };

const small = new Set(suites.flatMap(({ cases }) => cases));
const generated = allSuites.flatMap(({ cases }) => cases).filter((one) => !small.has(one));
/** ONNX Runtime refuses a pool whose pads are as wide as its kernel: a Pad may not be folded into it there. */
const sample = generated.filter(({ name }, i) => i % EVERY === 0 || name.includes('/padded-'));

/** Types and ops that a target has no code for. */
const refused: Readonly<Record<string, RegExp>> = {
  onnx: /\/(i8|u8|i16|i64)$/,
  wgsl: /\/(i8|u8|i16|i32|i64|bool)$|^operands\/mod\/|cast\//,
  c: /^never$/,
};

async function expectRight(runtime: Runtime, cases: readonly ConformanceCase[]): Promise<void> {
  const names = new Set(cases.map(({ name }) => name));
  const decisions = runtime.name === 'onnx' ? Object.entries(onnxRuntimeDecisions) : [];
  const skip = Object.fromEntries(decisions.filter(([name]) => names.has(name)));
  const report = await conform(runtime, { suites: [{ name: 'sample', cases }], skip });
  expect(report.problems).toEqual([]);
  const refusals = report.cases.filter(({ status }) => status === 'refused').map(({ name }) => name);
  expect(refusals.filter((name) => !refused[runtime.name]?.test(name))).toEqual([]);
}

test('onnx', LIMIT, () => expectRight(createRuntime('onnx'), sample));

test('wgsl', LIMIT, async (context) => {
  skipWithout(wgslTools, 'wgsl', context);
  const device = await dawnDevice();
  await expectRight(wgslRuntimeOn(device), sample);
  device.destroy();
});

test('c', LIMIT, async (context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  await expectRight(await batchedSuite(sample), sample);
});
