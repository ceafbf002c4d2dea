import { writeFileSync } from 'node:fs';
import { allSuites, conform, type Runtime } from '@ghostc/conformance';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dawnDevice } from './dawn-device.ts';
import { createRuntime, wgslRuntimeOn } from './runtime-table.ts';
import { batchedSuite } from './testing/batched-c.ts';

async function probe(runtime: Runtime) {
  const t = performance.now();
  const report = await conform(runtime, { suites: allSuites.slice(9) });
  const lines = [`${(performance.now() - t) / 1000} s`, ...report.problems];
  for (const c of report.cases) if (c.status === 'refused') lines.push(`REFUSED ${c.name} ${c.message}`);
  writeFileSync(`/tmp/suite-${runtime.name}.txt`, lines.join('\n'));
}
test('onnx', async () => {
  await probe(createRuntime('onnx'));
}, 600000);
test('wgsl', async () => {
  const d = await dawnDevice();
  await probe(wgslRuntimeOn(d));
  d.destroy();
}, 600000);
test('c', async () => {
  await probe(await batchedSuite(allSuites.slice(9).flatMap((s) => s.cases)));
}, 600000);
