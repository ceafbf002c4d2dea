import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runTestsOnQueue } from '../jobs/conformance-job.ts';
import { queueHelp, queueOptions } from '../jobs/on-queue.ts';
import type { CaseReport } from './case.ts';
import { figuresDocument } from './figures-document.ts';
import { gatherTests } from './gather-tests.ts';
import { htmlReport } from './html-report.ts';
import { OutcomeLog } from './outcome-log.ts';
import { Printer } from './printer.ts';
import { runTests } from './run-tests.ts';
import { ownRuntimes, type Peer, peers, type RuntimeName } from './runtime-names.ts';
import { problemsOf } from './summary.ts';
import { supportTable } from './support-table.ts';

const help = `Runs the ONNX backend tests and the cases of packages/conformance on every runtime, and says what passed.

  npm run conformance -- [OPTIONS]

  --runtimes LIST  of ${ownRuntimes.join(', ')}; all if absent
  --peers LIST     others besides: ${peers.join(', ')}, or all. emx and litert are taken from PyPI on first use
  --filter TEXT    only tests whose name contains the text
  --quick          leave out the seven whole networks
  --reasons        list refusals and failures with their reasons
  --json           print every outcome as JSON
  --docs           write docs/conformance.md and docs/op-support.md; needs all runtimes and tests
  --resume         go on with an interrupted run: its outcomes are kept in build/conformance.jsonl
${queueHelp}
  --html FILE      where the report goes; build/conformance.html if absent

Examples:
  npm run conformance -- --quick --reasons
  npm run conformance -- --filter maxpool --runtimes c,wgsl --json
  npm run conformance -- --peers all --docs

Tests that are refused with op, type and reason are no failures. Leaves with 1 when a test failed on one of our runtimes, or
when all ONNX tests ran and fewer pass than must (97 % on interpreter and onnx, 85 % on c and wgsl); with 2 for bad options.`;

const options = {
  runtimes: { type: 'string', default: ownRuntimes.join(',') },
  peers: { type: 'string', default: '' },
  filter: { type: 'string', default: '' },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  docs: { type: 'boolean', default: false },
  reasons: { type: 'boolean', default: false },
  resume: { type: 'boolean', default: false },
  ...queueOptions,
  html: { type: 'string', default: join('build', 'conformance.html') },
  help: { type: 'boolean', default: false },
} as const;

class UsageError extends Error {}

async function main(): Promise<number> {
  const values = parse();
  if (values.help) {
    console.log(help);
    return 0;
  }
  const runtimes = [
    ...listed(values.runtimes, ownRuntimes),
    ...listed(values.peers === 'all' ? peers.join(',') : values.peers, peers),
  ];
  const complete = values.filter === '' && !values.quick;
  if (values.docs && !(complete && ownRuntimes.every((name) => runtimes.includes(name))))
    throw new UsageError('--docs needs all runtimes and all tests');
  const printer = new Printer();
  const selected = (name: string): boolean =>
    name.includes(values.filter) && !(values.quick && name.startsWith('light/'));
  const gathered = await gatherTests(process.cwd(), selected);
  const { tests, absent } = gathered;
  if (tests.length === 0) throw new UsageError(`no test has ${values.filter} in its name`);
  const run = values.queue
    ? await runTestsOnQueue(gathered, runtimes, values)
    : await runTests(tests, runtimes, {
        progress: printer.progress,
        log: new OutcomeLog(join('build', 'conformance.jsonl'), values.resume ? 'goes on' : 'afresh'),
      });
  const reports = [...absent.map((name) => absentReport(name, runtimes)), ...run.reports];
  const present = runtimes.filter((name) => !run.missing.has(name));
  const result = { reports, runtimes: present, missing: run.missing };
  const problems = problemsOf({ reports, runtimes: present, complete });
  writeFile(values.html, htmlReport(result));
  if (values.docs) {
    writeFile('docs/op-support.md', supportTable(reports, ownRuntimes));
    writeFile('docs/conformance.md', figuresDocument(result));
  }
  if (values.json) printer.json({ ...result, problems });
  else printer.table({ ...result, problems, html: values.html, reasons: values.reasons });
  return problems.length ? 1 : 0;
}

function parse() {
  try {
    return parseArgs({ args: process.argv.slice(3), options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function listed<T extends RuntimeName | Peer>(list: string, all: readonly T[]): T[] {
  return list
    .split(',')
    .filter((name) => name !== '')
    .map((name) => {
      if (all.includes(name as T)) return name as T;
      throw new UsageError(`there is no runtime ${name} here; there are ${all.join(', ')}`);
    });
}

function absentReport(name: string, runtimes: readonly RuntimeName[]): CaseReport {
  const outcome = { status: 'absent', reason: 'not in this source of the tests' } as const;
  return { name, ops: [], outcomes: Object.fromEntries(runtimes.map((runtime) => [runtime, outcome])) };
}

function writeFile(path: string, text: string): void {
  if (path.startsWith('build')) mkdirSync('build', { recursive: true });
  writeFileSync(path, text);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\nnpm run conformance -- --help lists the options`);
  process.exitCode = 2;
}
