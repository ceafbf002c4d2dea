import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Without the tests that need PyTorch, which is gigabytes to install: `npm run test:python -- --torch` runs these. */
test('the wheel of apps/python in a fresh virtual environment', () => {
  const command = [join(import.meta.dirname, 'test-python.mjs'), '--as-built'];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/\d+ passed/);
});
