import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ghostcIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const ghostc = ghostcIn(folder);

test('random models on an engine in a process of its own, with what was drawn', () => {
  const { status, stdout } = ghostc('fuzz', '--runtime', 'c', '--models', '3', '--nodes', '2', '--json');
  const { models, failures, coverage } = JSON.parse(stdout);
  expect(failures).toEqual([]);
  expect(status).toBe(0);
  expect(models).toBe(3);
  expect(Object.keys(coverage).length).toBeGreaterThan(5);
}, 120_000);

test('a table of what was drawn, and what never', () => {
  const { status } = ghostc('fuzz', '--runtime', 'interpreter', '--models', '3', '--coverage', 'drawn.md');
  expect(status).toBe(0);
  const table = readFileSync(join(folder, 'drawn.md'), 'utf8');
  expect(table).toContain('after 3 models');
  expect(table).toMatch(/never generated: .*\w+/);
  expect(table.split('\n').filter((line) => line.startsWith('| ')).length).toBeGreaterThan(60);
});
