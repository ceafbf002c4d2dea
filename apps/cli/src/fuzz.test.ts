import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ghostcIn, plainEnvironment } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const engine = join(import.meta.dirname, 'testing/broken-engine.mjs');
const ghostc = ghostcIn(folder, { ...plainEnvironment(), FLAKY_MARK: folder });

test('random models find a crash and a wrong op of an engine, and are saved reduced', () => {
  const { status, stdout } = ghostc('fuzz', '--runtime', engine, '--models', '60', '--nodes', '2', '--json');
  const { failures, coverage } = JSON.parse(stdout);
  expect(status).toBe(1);
  expect(coverage.conv2d).toBeGreaterThan(0);
  expect(failures.some((line: string) => line.includes('died of SIGSEGV'))).toBe(true);
  const saved = readdirSync(join(folder, 'fuzz-failures'));
  expect(saved.length).toBe(failures.length);
  const texts = saved.map((name) => readFileSync(join(folder, 'fuzz-failures', name, 'model.gir'), 'utf8'));
  expect(texts.some((text) => text.includes(' = sqrt '))).toBe(true);
  expect(existsSync(join(folder, 'fuzz-failures', saved[0] as string, 'test_data_set_0'))).toBe(true);
}, 120_000);
