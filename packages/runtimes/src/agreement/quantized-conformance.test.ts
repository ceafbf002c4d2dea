import { compileC } from '@ghostc/compiler';
import { caseGraph, joinCases, quantizedSuites, seededInputs, verifyCase } from '@ghostc/conformance';
import { expect, test } from 'vitest';
import { cDevice } from '../c/c-device.ts';
import { runC } from '../c/prepare-c.ts';
import { skipWithout } from '../process/require-tool.ts';
import { createRuntime } from '../runtime-table.ts';

const joined = joinCases({
  name: 'quantized',
  cases: quantizedSuites.flatMap(({ name, cases }) =>
    cases.map((one) => ({ ...one, name: `${name}/${one.name}` })),
  ),
});

test.for([
  'host',
  'aarch64',
  'cortex-m0plus',
  'cortex-m4',
  'cortex-m7',
  'cortex-m33',
  'cortex-m55',
  'rv32',
  'rv32imc',
])('every quantised op, bit for bit, in one program on %s', async (device, context) => {
  skipWithout(cDevice(device).tools, device, context);
  const result = await verifyCase(createRuntime(`c@${device}`), joined);
  expect(result.message).toBeUndefined();
  expect(result).toMatchObject({ status: 'pass', maxAbs: 0 });
});

test('integer kernels have no undefined behaviour', async (context) => {
  skipWithout(cDevice('host').tools, 'host', context);
  const extraFlags = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-g0', '-O1'];
  const graph = caseGraph(joined);
  await runC(compileC(graph), 'host', [seededInputs(graph, 3)], { extraFlags });
});
