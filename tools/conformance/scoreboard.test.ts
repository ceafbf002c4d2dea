import { readdirSync } from 'node:fs';
import { allSuites } from '@ghostc/conformance';
import { expect, test } from 'vitest';
import { knownFaults, knownFolder } from './known-faults.ts';
import { type ScoredCase, scoreboard } from './scoreboard.ts';
import { scoredEngines } from './scored-engines.ts';

const names = new Set(allSuites.flatMap((suite) => suite.cases.map(({ name }) => name)));

test.each(readdirSync(knownFolder))(
  '%s is of an engine of the scoreboard, and names cases of the suite',
  (file) => {
    expect(scoredEngines.map(({ name }) => `${name}.txt`)).toContain(file);
    const known = [...knownFaults(file.replace('.txt', '')).keys()];
    expect(known.filter((name) => !names.has(name))).toEqual([]);
    expect(known.length).toBeGreaterThan(0);
  },
);

test('a fault that is known counts as judged, another as not', () => {
  const [engine] = scoredEngines as [(typeof scoredEngines)[number]];
  const cases: ScoredCase[] = [
    { name: 'a', status: 'pass' },
    { name: 'b', status: 'fail' },
    { name: 'c', status: 'refused' },
    { name: 'd', status: 'timeout', message: 'was not done within 60 s' },
  ];
  const known = new Map([['b', 'drops NaN']]);
  const page = scoreboard([{ engine, cases, known }], { suite: 1, cases: 4, date: '2026-01-01' });
  expect(page).toMatch(/ghostc, interpreter \| +\| 4 +\| 1 +\| 1 +\| 1 +\| 1 +\| 1 +\|/);
  expect(page).toContain('- drops NaN: `b`');
  expect(page).toContain('timeout, not judged: was not done within N s: `d`');
});
