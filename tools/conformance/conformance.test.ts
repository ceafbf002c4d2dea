import { readFileSync } from 'node:fs';
import { cDevice, skipWithout } from '@ghostc/runtimes';
import { expect, test } from 'vitest';
import { type ConformanceTest, onnxTestFolder, readOnnxTest, relevantNames } from './onnx-tests.ts';
import { OutcomeLog } from './outcome-log.ts';
import { runTests } from './run-tests.ts';
import { type OwnRuntime, ownRuntimes, thresholds } from './runtime-names.ts';
import { opNames } from './support-table.ts';

const root = process.cwd();
const figures = readFileSync('docs/conformance.md', 'utf8');

/** The rows of the first table below a heading, as cells. */
function rowsBelow(text: string, heading: string): string[][] {
  const table =
    text
      .slice(text.indexOf(heading))
      .split('\n\n')
      .find((part) => part.startsWith('|')) ?? '';
  const lines = table.trim().split('\n').slice(2);
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The tests that docs/conformance.md says do not pass. */
function notPassed(runtime: OwnRuntime): Set<string> {
  const section = figures.split(`\n### ${runtime}\n`)[1]?.split('\n### ')[0] ?? '';
  return new Set(
    [...section.matchAll(/^ {2}.*$/gm)].flatMap(([line]) =>
      [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
    ),
  );
}

test('docs/op-support.md has a row for every op of the language', () => {
  const rows = rowsBelow(readFileSync('docs/op-support.md', 'utf8'), '# Support');
  expect(rows.map(([op]) => op)).toEqual([...opNames().map((op) => `\`${op}\``), 'all tests']);
});

test.for(ownRuntimes)('docs/conformance.md accounts for every ONNX test on %s, none wrong', (runtime) => {
  const row = rowsBelow(figures, '## ONNX backend tests').find(([name]) => name === runtime) ?? [];
  const [cases = 0, passed = 0, refused = 0, failed = 0] = row.slice(1).map(Number);
  const total = relevantNames(root).length;
  expect({ cases, sum: passed + refused, failed }).toEqual({ cases: total, sum: total, failed: 0 });
  expect(passed).toBeGreaterThanOrEqual(thresholds[runtime] * total);
  const names = [...notPassed(runtime)].filter((name) => !name.startsWith('ghostc/'));
  expect(names.length).toBe(refused);
});

/** One test of so many runs here. */
const EVERY = 24;

test('a sample of the ONNX tests does what docs/conformance.md says', async (context) => {
  skipWithout(cDevice('host').tools, 'C', context);
  const tests = await sample((reason) => context.skip(reason));
  const runtimes = ['interpreter', 'onnx', 'c'] as const;
  const { reports } = await runTests(tests, runtimes, { progress: () => {}, log: new OutcomeLog() });
  for (const runtime of runtimes) {
    const listed = notPassed(runtime);
    const found = reports.filter(({ outcomes }) => outcomes[runtime]?.status !== 'passed');
    expect(found.filter(({ outcomes }) => outcomes[runtime]?.status === 'failed')).toEqual([]);
    const expected = reports.filter(({ name }) => listed.has(name)).map(({ name }) => name);
    expect(found.map(({ name }) => name)).toEqual(expected);
  }
});

/** If the tests are not available, it says so; with GHOSTC_REQUIRE_ALL nothing may be missing. */
async function sample(skip: (reason: string) => void): Promise<ConformanceTest[]> {
  try {
    const folder = await onnxTestFolder(root);
    const names = relevantNames(root).filter((name, i) => i % EVERY === 0 && !name.startsWith('light/'));
    return names.flatMap((name) => readOnnxTest(folder, name) ?? []);
  } catch (error) {
    if (process.env.GHOSTC_REQUIRE_ALL) throw error;
    skip(`the ONNX tests are not available: ${String(error).split('\n')[0]}`);
    return [];
  }
}
