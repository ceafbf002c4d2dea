import { allSuites, joinCases, quantizedSuites, verifyCase } from '@ghostc/conformance';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { wasmTools } from './wasm-module.ts';
import { wasmRuntime } from './wasm-runtime.ts';

const joined = joinCases({
  name: 'quantized',
  cases: quantizedSuites.flatMap(({ name, cases }) =>
    cases.map((one) => ({ ...one, name: `${name}/${one.name}` })),
  ),
});

test('every quantised op, bit for bit, in one module', async (context) => {
  skipWithout(wasmTools, 'wasm', context);
  const result = await verifyCase(wasmRuntime, joined);
  expect(result.message).toBeUndefined();
  expect(result).toMatchObject({ status: 'pass', maxAbs: 0 });
});

test('a sample of every other case', { timeout: 300_000 }, async (context) => {
  skipWithout(wasmTools, 'wasm', context);
  const problems: string[] = [];
  const cases = allSuites.flatMap(({ cases }) => cases).filter((_, i) => i % 12 === 0);
  for (let at = 0; at < cases.length; at += 1) {
    const result = await verifyCase(wasmRuntime, cases[at] as never);
    if (result.status !== 'pass') problems.push(`${cases[at]?.name} ${result.status} ${result.message}`);
  }
  console.log(cases.length, problems.join('\n'));
});
