import { compileC } from '@ghostc/compiler';
import { caseGraph, joinCases, quantizedSuites, seededInputs, verifyCase } from '@ghostc/conformance';
import { describe, expect, test } from 'vitest';
import { cDevice } from '../c/c-device.ts';
import { runC } from '../c/prepare-c.ts';
import { skipWithout } from '../process/require-tool.ts';
import { createRuntime } from '../runtime-table.ts';

/** Every quantised op, bit for bit: one program for each suite and device. */
describe.for(['host', 'cortex-m4', 'cortex-m7', 'cortex-m55', 'rv32'])('integers on %s', (device) => {
  test.for(quantizedSuites)('$name', async (suite, context) => {
    skipWithout(cDevice(device).tools, device, context);
    const result = await verifyCase(createRuntime(`c@${device}`), joinCases(suite));
    expect(result.message).toBeUndefined();
    expect(result).toMatchObject({ status: 'pass', maxAbs: 0 });
  });
});

test('integer kernels have no undefined behaviour', async (context) => {
  skipWithout(cDevice('host').tools, 'host', context);
  const sanitize = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-g0'];
  for (const suite of quantizedSuites) {
    const graph = caseGraph(joinCases(suite));
    await runC(compileC(graph), 'host', [seededInputs(graph, 3)], { extraFlags: sanitize });
  }
});
