import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
// @ts-expect-error plain JavaScript
import { buildWorker } from './build-worker.mjs';
// @ts-expect-error plain JavaScript
import { runTarget } from './run-target.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ghostc-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A worker that puts the input [1,2,3] into shared memory, and then does something. */
function planted(body: string): string {
  const script = join(folder, `${body.length}.cjs`);
  const begin = `const { workerData: { state } } = require('node:worker_threads');
new Uint32Array(state, 0, 2).set([1, 3]); new Uint8Array(state, 8).set([1, 2, 3]);\n`;
  writeFileSync(script, begin + body);
  return script;
}

const options = { seconds: 60, runs: 1, seed: 1, fixtures: '' };

describe('the watchdog gives the input that', () => {
  test.each([
    { what: 'throws', body: "throw new TypeError('planted')", reason: /TypeError: planted/ },
    { what: 'hangs', body: 'for (;;);', reason: /more than 5 s/ },
    {
      what: 'eats memory',
      body: 'const all = []; setInterval(() => all.push(Buffer.alloc(2e8, 1)), 50);',
      reason: /memory|bytes/,
    },
  ])('$what', async ({ body, reason }) => {
    const { failure } = await runTarget('planted', { ...options, script: planted(body) });
    expect(failure?.reason).toMatch(reason);
    expect([...(failure?.input ?? [])]).toEqual([1, 2, 3]);
  });
});

/** A sample of `npm run fuzz`. */
const runsOf = {
  onnx: 100,
  'onnx-fields': 100,
  'onnx-compile': 10,
  'tensor-proto': 100,
  text: 100,
  safetensors: 100,
  tflite: 60,
  'tflite-fields': 60,
  npy: 100,
  png: 40,
  jpeg: 40,
  calibration: 40,
};

test('every reader takes some mutated inputs', async () => {
  const { folder: built, script } = buildWorker();
  const fixtures = join(import.meta.dirname, '../../test-fixtures');
  try {
    for (const [target, runs] of Object.entries(runsOf)) {
      const report = await runTarget(target, { seconds: 3600, runs, seed: 7, fixtures, script });
      expect({ target, failure: report.failure, runs: report.runs >= runs }).toEqual({
        target,
        failure: undefined,
        runs: true,
      });
      expect(report.corpus).toBeGreaterThan(3);
    }
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
});
