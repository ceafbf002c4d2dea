import { expect, test } from 'vitest';
import { ghostcIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const ghostc = ghostcIn(testFolder());

test('random models on an engine in a process of its own, with what was drawn', () => {
  const { status, stdout } = ghostc('fuzz', '--runtime', 'c', '--models', '3', '--nodes', '2', '--json');
  const { models, failures, coverage } = JSON.parse(stdout);
  expect(failures).toEqual([]);
  expect(status).toBe(0);
  expect(models).toBe(3);
  expect(Object.keys(coverage).length).toBeGreaterThan(5);
}, 120_000);
