import { type BisectReport, type BisectRow, bisect, type Outcome, type Sample } from '@ghostc/bisect';
import { integerForm } from '@ghostc/compiler';
import { interpreterRuntime, type Runtime, seededInputs } from '@ghostc/conformance';
import { saveOnnx } from '@ghostc/edit';
import { attempt, CompileError, type Graph, type Shape } from '@ghostc/ir';
import { bindDimensions, dimensionsFrom, type Rounding } from '@ghostc/ops';
import { createRuntime, inOrt } from '@ghostc/runtimes';
import { Argument, Command } from 'commander';
import pc from 'picocolors';
import { bindOption } from '../bind-option.ts';
import { anyWorkOption, checkWork, MANY_RUNS } from '../check-work.ts';
import { readDataSets } from '../data-sets.ts';
import { runtimeKinds } from '../find-runtime.ts';
import { formatError, formatTable } from '../format.ts';
import { type LoadedModel, loadModel } from '../load-model.ts';
import { parseCount } from '../parse-count.ts';
import { startProgress } from '../progress.ts';
import { reproductionFiles } from '../reproduction-files.ts';
import { reproductionWords } from '../reproduction-words.ts';
import { roundingOption } from '../rounding-option.ts';
import { sameInterface } from '../same-interface.ts';
import { workerRuntime } from '../worker/worker-runtime.ts';
import { writeFiles } from '../write-files.ts';
import { modelArgument } from './compile.ts';

interface BisectFlags {
  readonly a: string;
  readonly b?: string;
  readonly data?: string;
  readonly seed: number;
  readonly maxTrials: number;
  readonly timeout: number;
  readonly out?: string;
  readonly bind: ReadonlyMap<string, number>;
  readonly rounding?: Rounding;
  readonly strict?: boolean;
  readonly anyWork?: boolean;
  readonly json?: boolean;
}

/** What is compared. */
interface Task {
  readonly sample: Sample;
  readonly runtimes: { readonly a: string; readonly b: string };
  /** Both sides in words: runtimes, or models. */
  readonly a: string;
  readonly b: string;
  readonly steps: number;
}

const examples = `
Examples:
  ghostc bisect model.onnx --a ort --b wgsl
  ghostc bisect model.onnx --b c@cortex-m4 --out repro/
  ghostc bisect model.onnx --a ort --b ./my-engine.mjs --timeout 20
  ghostc bisect model.onnx simplified.onnx --a ort

Prefixes of the model are compiled as they are, so that they fuse as the model does: the first that differs names
the layer, and the fewest nodes before it that still differ are reduced. A crash, a refusal and a time-out count as
differences; all but the interpreter and C (whose programs are processes anyway) run in a process of their own.

Rounding does not count as a difference: the model is run a few times with random errors at every node, and eight standard
deviations are allowed; for a few ops in a row also the bound of the worst case, which is reported as suspicious. In quantised
models ONNX Runtime (ort, onnx) may be a step off in each layer, run by itself.

Exit code 0 if they agree, 1 if not (with --strict also where rounding leaves nothing to judge), 2 for bad input.
NO_COLOR=1 prints without colours.`;

export function bisectCommand(): Command {
  return new Command('bisect')
    .description('find where two runtimes, or two models, first differ, and the smallest model that shows it')
    .addArgument(modelArgument())
    .addArgument(new Argument('[other]', 'a second model with the same inputs and outputs, for --b'))
    .option('--a <runtime>', runtimeKinds, 'interpreter')
    .option('--b <runtime>', 'the same choices; with two models, the one of --a if absent')
    .option(
      '--data <dir>',
      'folder with test_data_set_K/input_N.pb, the first of which is used; seeded inputs if absent',
    )
    .option('--seed <n>', 'seed of the inputs', parseCount, 1)
    .option('--max-trials <n>', 'executions that the reduction may take', parseCount, 100)
    .option(
      '--timeout <seconds>',
      'that one model may take in a runtime before it counts as hung',
      parseCount,
      300,
    )
    .addOption(bindOption())
    .addOption(roundingOption())
    .addOption(anyWorkOption())
    .option(
      '--out <dir>',
      'folder for the reproduction: model.onnx with data, C with a main, and a page that opens from the file system',
    )
    .option('--strict', 'fail where rounding moves the outputs too far to judge them')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(runBisect);
}

async function runBisect(model: string, other: string | undefined, flags: BisectFlags): Promise<void> {
  const progress = startProgress(`reading ${model}`);
  const stops: (() => void)[] = [];
  try {
    const task = taskOf(model, other, flags);
    const pair = {
      a: await contestant(task.runtimes.a, flags, stops),
      b: await contestant(task.runtimes.b, flags, stops),
      steps: task.steps,
    };
    const report = await bisect(task.sample, pair, {
      maxTrials: flags.maxTrials,
      onProgress: (text) => (progress.text = text),
    });
    progress.stop();
    if (flags.json) console.log(JSON.stringify(summary(report), null, 2));
    else print(report, task);
    if (report.smallest) writeReproduction(task, report.smallest, flags.out);
    process.exitCode = holds(report.whole, flags) ? 0 : 1;
  } finally {
    progress.stop();
    for (const stop of stops) stop();
  }
}

function holds({ kind }: Outcome, { strict }: BisectFlags): boolean {
  return kind === 'same' || (kind === 'unclear' && !strict);
}

/** The interpreter and C run in this process: compiled C is a separate process anyway. */
async function contestant(name: string, { timeout }: BisectFlags, stops: (() => void)[]): Promise<Runtime> {
  if (name === 'interpreter') return interpreterRuntime;
  if (/^c(@|$)/.test(name)) return createRuntime(name);
  const worker = await workerRuntime(name, timeout);
  stops.push(worker.stop);
  return worker;
}

function taskOf(model: string, other: string | undefined, flags: BisectFlags): Task {
  const { rounding, bind, a, b = other === undefined ? undefined : a } = flags;
  if (b === undefined)
    throw new CompileError('cli/bisect', 'expected --b RUNTIME or a second model to compare with');
  const loaded = loadModel(model, { rounding, bind });
  checkWork(loaded, flags, MANY_RUNS);
  const { graph } = loaded;
  const integers = integerForm(graph);
  const first = sampleOf(integers ?? graph, flags);
  const steps = integers && [a, b].some((name) => inOrt.has(name)) ? 1 : 0;
  const runtimes = { a, b };
  if (other === undefined) return { sample: first, runtimes, a, b, steps };
  const loadedOther = loadOther(other, { rounding, bind });
  checkWork(loadedOther, flags, MANY_RUNS);
  const second = loadedOther.graph;
  const theirs = integers ? (integerForm(second) ?? second) : second;
  const sample = { ...first, other: sameInterface(first.graph, bound(theirs, first.inputs), other) };
  return {
    sample,
    runtimes,
    a: a === b ? model : `${model} on ${a}`,
    b: a === b ? other : `${other} on ${b}`,
    steps: 0,
  };
}

/** Sizes that the second model does not name follow from the inputs of the first. */
function loadOther(model: string, { rounding, bind }: Pick<BisectFlags, 'rounding' | 'bind'>): LoadedModel {
  try {
    return loadModel(model, { rounding, bind });
  } catch (error) {
    if (!(error instanceof CompileError) || error.code !== 'bind/dimension') throw error;
    return loadModel(model, { rounding });
  }
}

function sampleOf(model: Graph, { data, seed }: BisectFlags): Sample {
  const inputs = data ? readDataSets(data, model)[0]?.inputs : seededInputs(model, seed);
  if (!inputs) throw new CompileError('data/empty', 'there is no data set', { file: data });
  return { graph: bound(model, inputs), inputs };
}

function bound(model: Graph, inputs: Sample['inputs']): Graph {
  const shapes = new Map<string, Shape>([...inputs].map(([name, tensor]) => [name, tensor.shape]));
  return bindDimensions(model, dimensionsFrom(model, shapes));
}

function writeReproduction(
  { sample, a, b }: Task,
  smallest: NonNullable<BisectReport['smallest']>,
  out: string | undefined,
): void {
  if (!out) return;
  const ops = [...smallest.graph.nodes()].map(({ op }) => op);
  const words = reproductionWords({ a, b, models: !!sample.other }, smallest.outcome, ops);
  const { files, missing } = reproductionFiles(smallest, {
    title: `${a} and ${b} differ on ${ops.join(', ')}`,
    words,
  });
  const second = smallest.other && attempt(() => saveOnnx(smallest.other as Graph));
  for (const file of writeFiles(out, second ? new Map([...files, ['other.onnx', second]]) : files))
    console.error(`wrote ${file}`);
  for (const reason of missing) console.error(reason);
}

function summary({ whole, rows, culprit, group, smallest, notes, trials, agree }: BisectReport): object {
  const nodes = smallest && [...smallest.graph.nodes()].map(({ op }) => op);
  const { kind, failures, remarks } = whole;
  return {
    agree,
    whole: { kind, failures, remarks, outputs: outputsOf(whole) },
    culprit,
    group,
    smallest: smallest && {
      nodes,
      inputs: shapesOf(smallest),
      outputs: outputsOf(smallest.outcome),
    },
    notes,
    trials,
    rows,
  };
}

function outputsOf({ comparisons }: BisectReport['whole']): Readonly<Record<string, object>> {
  const entries = [...comparisons].map(([name, { maxAbs, allowed, ratio }]) => [
    name,
    { error: maxAbs, allowed, ratio },
  ]);
  return Object.fromEntries(entries);
}

function print(report: BisectReport, task: Task): void {
  if (report.rows.length)
    console.log(
      formatTable(['up to node', 'op', 'result', '|a - b|', 'allowed there'], report.rows.map(cells)),
    );
  console.log(verdict(report, task));
  for (const note of report.notes) console.log(note);
  if (!report.smallest) return;
  console.log(`smallest model that differs (${report.trials} executions):`);
  for (const node of report.smallest.graph.nodes()) console.log(`  ${node.op} ${node.origin[0] ?? ''}`);
  for (const [name, shape] of Object.entries(shapesOf(report.smallest)))
    console.log(`  input ${name} [${shape}]`);
}

function cells({ node, op, kind, error, allowed }: BisectRow): string[] {
  const bad = kind === 'differs' || kind === 'failure';
  return [node, op, bad ? pc.red(kind) : kind, formatError(error), formatError(allowed)];
}

function verdict({ whole, culprit, group }: BisectReport, { a, b, steps }: Task): string {
  const both = `${a} and ${b}`;
  const remarks = whole.remarks.map((remark) => `\n${remark}`).join('');
  if (whole.kind === 'same')
    return (
      pc.green(`${both} agree ${steps ? 'to a step in each layer' : 'within what rounding explains'}`) +
      remarks
    );
  if (whole.kind === 'unclear') return pc.yellow(`${both} are not judged`) + remarks;
  const failed = whole.failures.map(({ side, message }) => `\n${side === 'a' ? a : b}: ${message}`).join('');
  if (whole.kind === 'neither') return pc.red(`neither ${a} nor ${b} runs the model`) + failed;
  const how = whole.kind === 'failure' ? 'one of them fails' : 'they differ';
  if (culprit) return pc.red(`${both}: ${how} first at ${culprit.node} (${culprit.op})`) + failed;
  const list = group.map(({ node, op }) => `\n  ${op} ${node}`).join('');
  if (group.length) return pc.red(`${both}: ${how} on these nodes together:`) + list + failed;
  return pc.red(`${both}: ${how}`) + failed;
}

function shapesOf({ inputs }: Sample): Record<string, readonly number[]> {
  return Object.fromEntries([...inputs].map(([name, { shape }]) => [name, shape]));
}
