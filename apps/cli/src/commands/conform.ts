import { allSuites } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { collect } from '../collect.ts';
import { conformCases } from '../conform/conform-case.ts';
import { type ConformReport, conformReport } from '../conform/conform-report.ts';
import { exportSuite } from '../conform/export-suite.ts';
import { readBaseline, readExpectedFailures } from '../conform/read-lists.ts';
import { countsOf } from '../conform/report-formats.ts';
import { defaultWorkers, runConform } from '../conform/run-conform.ts';
import { type ReportFlags, writeReports } from '../conform/write-reports.ts';
import { ENGINE_TIMEOUT, runtimeKinds } from '../find-runtime.ts';
import { parseCount } from '../parse-count.ts';
import { showStep, startProgress } from '../progress.ts';
import { writeFiles } from '../write-files.ts';

interface ConformFlags extends ReportFlags {
  readonly runtime?: string;
  readonly exec?: string;
  readonly onnxTests: readonly string[];
  readonly filter?: string;
  readonly shard?: Shard;
  readonly workers: number;
  readonly timeout: number;
  readonly retries: number;
  readonly expectedFailures?: string;
  readonly baseline?: string;
  readonly bench?: string;
  readonly strict?: boolean;
  readonly export?: string;
  readonly list?: boolean;
}

interface Shard {
  readonly index: number;
  readonly count: number;
}

const examples = `
Examples:
  ghostc conform --runtime ./my-engine.mjs
  ghostc conform --exec "python3 engine.py" --json report.json --junit report.xml
  ghostc conform --exec "./run {model} {inputs} {outputs}" --onnx-tests onnx/backend/test/data
  ghostc conform --export suite/
  ghostc conform --runtime wgsl --shard 2/4 --baseline last-week.json
  ghostc conform --runtime ./new/engine.mjs --bench ./old/engine.mjs

Every element of every output has to be within a bound that is derived from the computation. A case that the engine refuses
counts as refused, not as failed. docs/engines.md has the protocol of --exec and an engine in 25 lines of Python.

Exit code 0 if there is no problem: no difference, crash, time-out or flaky case, no expected failure that passes, nothing
worse than the baseline, nothing slower than the engine of --bench by more than the noise.`;

export function conformCommand(): Command {
  return new Command('conform')
    .description('run the conformance suite on an engine of your own, each case in a process that may crash')
    .addOption(new Option('--runtime <name>', runtimeKinds).conflicts('exec'))
    .option(
      '--exec <command>',
      'an engine in any language, started by this command; as --runtime exec:COMMAND',
    )
    .option(
      '--onnx-tests <dir>',
      "also the tests in this folder, as ONNX's own; may be given again",
      collect,
      [],
    )
    .option('--filter <text>', 'only cases whose name contains the text')
    .option('--shard <i/n>', 'only the i-th of n parts of the cases', parseShard)
    .option(
      '--workers <n>',
      'cases that run at the same time, each in its process',
      parseCount,
      defaultWorkers(),
    )
    .option('--timeout <seconds>', 'seconds that a case may take', parseCount, ENGINE_TIMEOUT)
    .option(
      '--retries <n>',
      'more tries of a case that fails; another outcome then makes it flaky',
      parseCount,
      1,
    )
    .option('--expected-failures <file>', 'lines NAME REASON of cases that must fail')
    .option('--baseline <file>', 'JSON of an earlier run: nothing may be worse than in it')
    .option(
      '--bench <runtime>',
      'also time every case against this engine, such as an older build, in rounds',
    )
    .option('--strict', 'refusals are problems')
    .option('--export <dir>', 'write the suite as ONNX, TensorProtos, bounds and a manifest, and run nothing')
    .option('--list', 'print the names of the cases, and run none')
    .option('--json [file]', 'the report as JSON, on standard output if no file is given')
    .option('--junit <file>', 'the report as JUnit XML')
    .option('--tap <file>', 'the report as TAP 14')
    .option('--html <file>', 'the report as a page')
    .option('--badge <file>', 'a badge as SVG')
    .addHelpText('after', examples)
    .action(runCommand);
}

function parseShard(text: string): Shard {
  const found = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text);
  const [index, count] = [Number(found?.[1]), Number(found?.[2])];
  if (found && index <= count) return { index, count };
  throw new InvalidArgumentError('Expected i/n with i from 1 to n, as in 2/4.');
}

async function runCommand(flags: ConformFlags): Promise<void> {
  if (flags.export !== undefined) return exportTo(flags.export, flags);
  const all = conformCases(flags.onnxTests);
  const names = selected(all, flags).map(({ name }) => name);
  if (names.length === 0)
    throw new CompileError('cli/filter', 'no case is selected; --list prints the names');
  if (flags.list) console.log(names.join('\n'));
  else await runAll(names, new Set(all.map(({ name }) => name)), flags);
}

function exportTo(folder: string, flags: ConformFlags): void {
  const cases = selected(
    allSuites.flatMap((suite) => suite.cases),
    flags,
  );
  const progress = startProgress('');
  let done = 0;
  const files = exportSuite(cases, (name) => showStep(progress, `${++done} of ${cases.length}: ${name}`));
  progress.stop();
  writeFiles(folder, files);
  console.log(`wrote ${cases.length} cases, ${files.size} files into ${folder}`);
}

function selected<T extends { readonly name: string }>(
  cases: readonly T[],
  { filter = '', shard }: ConformFlags,
): T[] {
  const named = cases.filter(({ name }) => name.includes(filter));
  return shard ? named.filter((_, i) => i % shard.count === shard.index - 1) : named;
}

async function runAll(
  names: readonly string[],
  known: ReadonlySet<string>,
  flags: ConformFlags,
): Promise<void> {
  const runtime = flags.exec === undefined ? flags.runtime : `exec:${flags.exec}`;
  if (runtime === undefined) throw new CompileError('cli/runtime', 'expected --runtime or --exec');
  const expectations = {
    expectedFailures: flags.expectedFailures
      ? readExpectedFailures(flags.expectedFailures, known)
      : new Map(),
    baseline: flags.baseline ? readBaseline(flags.baseline) : undefined,
    strict: flags.strict ?? false,
  };
  const progress = startProgress(`0 of ${names.length}`);
  let done = 0;
  const onResult = () => {
    progress.text = `${++done} of ${names.length}`;
  };
  const run = { ...flags, runtime, names, onResult };
  const { engine, results } = await runConform(run).finally(() => progress.stop());
  const report = conformReport(engine, results, expectations);
  await writeReports(report, flags);
  if (flags.json !== true) print(report);
  process.exitCode = report.problems.length ? 1 : 0;
}

/** Problems that are printed; files have all. */
const MAX_PRINTED = 40;

function print({ runtime, cases, problems }: ConformReport): void {
  for (const text of problems.slice(0, MAX_PRINTED)) console.log(pc.red(text));
  if (problems.length > MAX_PRINTED) console.log(`and ${problems.length - MAX_PRINTED} more`);
  const counts = [...countsOf(cases)].map(([status, count]) => `${count} ${status}`).join(', ');
  const summary = `${runtime}: ${cases.length} cases, ${counts}; ${problems.length || 'no'} problems`;
  console.log(problems.length ? pc.red(summary) : pc.green(summary));
  const timed = benchWords(cases);
  if (timed) console.log(timed);
}

/** How many cases are faster, and how fast the middle one is. */
function benchWords(cases: ConformReport['cases']): string | undefined {
  const found = cases.flatMap(({ bench }) => bench ?? []);
  if (found.length === 0) return undefined;
  const count = (wanted: string) => found.filter(({ verdict }) => verdict === wanted).length;
  const middle = found.map(({ speed }) => speed).sort((a, b) => a - b)[found.length >> 1] as number;
  return `timed: ${count('faster')} faster, ${count('slower')} slower, ${count('equal')} equal; the middle one ${middle.toFixed(2)} times as fast`;
}
