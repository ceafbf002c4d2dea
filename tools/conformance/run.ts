import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { htmlReport } from './html-report.ts';
import { onnxTestFolder, readOnnxTest, relevantNames } from './onnx-tests.ts';
import { type CaseReport, type RuntimeName, runTests, runtimeNames } from './run-tests.ts';
import { supportTable } from './support-table.ts';

const help = `Runs the ONNX backend node tests on every runtime and prints what passed.

  npm run conformance -- [--runtimes interpreter,onnx,c,wgsl] [--filter TEXT] [--light] [--json] [--table]

  --runtimes  which of ${runtimeNames.join(', ')}
  --filter    only tests whose name contains the text
  --quick     leave out the seven whole networks
  --json      print every outcome as JSON
  --table     write docs/op-support.md from the outcome
  --reasons   list refusals and failures with their reasons

Leaves with 1 when a test failed; a refusal is no failure. The HTML report goes to build/conformance.html.`;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    runtimes: { type: 'string', default: runtimeNames.join(',') },
    filter: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
    reasons: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  if (values.help) {
    console.log(help);
    return;
  }
  const root = process.cwd();
  const folder = await onnxTestFolder(root);
  const runtimes = values.runtimes.split(',') as RuntimeName[];
  const unknown = runtimes.find((name) => !runtimeNames.includes(name));
  if (unknown) throw new Error(`there is no runtime ${unknown}; there are ${runtimeNames.join(', ')}`);
  const names = relevantNames(root).filter(
    (name) => name.includes(values.filter) && !(values.quick && name.startsWith('light/')),
  );
  const tests = names.flatMap((name) => readOnnxTest(folder, name) ?? []);
  const reports = await runTests(tests, runtimes, progress);
  write(reports, runtimes, names.length - tests.length);
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(join(root, 'build', 'conformance.html'), htmlReport(reports, runtimes));
  if (values.table) writeFileSync(join(root, 'docs', 'op-support.md'), supportTable(reports, runtimes));
  process.exitCode = reports.some(({ outcomes }) =>
    Object.values(outcomes).some(({ status }) => status === 'failed'),
  )
    ? 1
    : 0;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, 100)}`);
}

function write(reports: readonly CaseReport[], runtimes: readonly RuntimeName[], absent: number): void {
  progress('');
  if (values.json) {
    console.log(JSON.stringify({ absent, cases: reports }, null, 1));
    return;
  }
  console.log(
    `${'runtime'.padEnd(12)} ${'cases'.padStart(6)} ${'passed'.padStart(7)} ${'refused'.padStart(8)} ${'failed'.padStart(7)} ${'bound'.padStart(6)}  share`,
  );
  for (const runtime of runtimes) console.log(lineOf(reports, runtime));
  if (absent) console.log(`${absent} tests are not in this source of the tests`);
  if (values.reasons) for (const runtime of runtimes) printReasons(reports, runtime);
}

function lineOf(reports: readonly CaseReport[], runtime: RuntimeName): string {
  const all = reports.flatMap(({ outcomes }) => outcomes[runtime] ?? []);
  const count = (status: string): number => all.filter((one) => one.status === status).length;
  const bound = all.filter((one) => one.status === 'passed' && one.bound).length;
  const share = ((100 * count('passed')) / Math.max(1, all.length)).toFixed(1);
  const cells = [all.length, count('passed'), count('refused'), count('failed'), bound];
  const widths = [6, 7, 8, 7, 6];
  return `${runtime.padEnd(12)} ${cells.map((cell, i) => String(cell).padStart(widths[i] ?? 0)).join(' ')}  ${share} %`;
}

function printReasons(reports: readonly CaseReport[], runtime: RuntimeName): void {
  const groups = new Map<string, string[]>();
  for (const { name, outcomes } of reports) {
    const outcome = outcomes[runtime];
    if (!outcome || outcome.status === 'passed') continue;
    const key = `${outcome.status}: ${(outcome.reason ?? '').replace(/%\S+/g, '%')}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  console.log(`\n${runtime}`);
  for (const [key, names] of [...groups].sort((a, b) => b[1].length - a[1].length))
    console.log(
      `${String(names.length).padStart(5)}  ${key}  (${names.slice(0, 3).join(', ').replaceAll('node/test_', '')})`,
    );
}

await main();
