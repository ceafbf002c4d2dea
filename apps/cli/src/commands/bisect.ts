import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BisectReport, bisect, type Sample, type TensorRow } from '@ghostc/bisect';
import { integerForm } from '@ghostc/compiler';
import { interpreterRuntime, type Runtime, seededInputs } from '@ghostc/conformance';
import { CompileError, type Graph, type Shape } from '@ghostc/ir';
import { bindDimensions, dimensionsFrom, type Rounding } from '@ghostc/ops';
import { createRuntime, inOrt, ortRuntime, runtimeNames } from '@ghostc/runtimes';
import { Command } from 'commander';
import pc from 'picocolors';
import { bindOption } from '../bind-option.ts';
import { readDataSets } from '../data-sets.ts';
import { formatError, formatTable } from '../format.ts';
import { loadModel } from '../load-model.ts';
import { parseCount } from '../parse-count.ts';
import { startProgress } from '../progress.ts';
import { reproductionFiles } from '../reproduction-files.ts';
import { roundingOption } from '../rounding-option.ts';
import { writeFiles } from '../write-files.ts';
import { modelArgument } from './compile.ts';

interface BisectFlags {
  readonly a: string;
  readonly b: string;
  readonly data?: string;
  readonly seed: number;
  readonly maxTrials: number;
  readonly out?: string;
  readonly bind: ReadonlyMap<string, number>;
  readonly rounding: Rounding;
  readonly json?: boolean;
}

const names = ['ort', ...runtimeNames].join(', ');

export function bisectCommand(): Command {
  return new Command('bisect')
    .description('find the first op on which two runtimes differ, and the smallest model that shows it')
    .addArgument(modelArgument())
    .requiredOption('--a <runtime>', `${names}, or a module whose default export is a Runtime`)
    .requiredOption('--b <runtime>', 'the same choice')
    .option(
      '--data <dir>',
      'folder with test_data_set_K/input_N.pb, the first of which is used; seeded inputs if absent',
    )
    .option('--seed <n>', 'of the inputs', parseCount, 1)
    .option('--max-trials <n>', 'executions that the reduction may take', parseCount, 100)
    .addOption(bindOption())
    .addOption(roundingOption())
    .option(
      '--out <dir>',
      'folder for the reproduction: model.onnx with data, C with a main, and a page that opens from the file system',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc bisect model.onnx --a ort --b wgsl\n  ghostc bisect model.onnx --a interpreter --b c@cortex-m4 --out repro/\n  ghostc bisect model.onnx --a ort --b ./my-engine.mjs\n\nIn quantised models ONNX Runtime (ort, onnx) may be a step off in each layer alone.\n\nExit code 0 if they agree within the derived bounds (and that step), 1 if not.',
    )
    .action(runBisect);
}

async function runBisect(model: string, flags: BisectFlags): Promise<void> {
  const pair = { a: await findRuntime(flags.a), b: await findRuntime(flags.b) };
  const progress = startProgress(`reading ${model}`);
  try {
    const { graph } = loadModel(model, { rounding: flags.rounding, bind: flags.bind });
    const integers = integerForm(graph);
    const steps = integers && [flags.a, flags.b].some((name) => inOrt.has(name)) ? 1 : 0;
    const report = await bisect(
      sampleOf(integers ?? graph, flags),
      { ...pair, steps },
      {
        maxTrials: flags.maxTrials,
        onProgress: (text) => (progress.text = text),
      },
    );
    progress.stop();
    if (flags.json) console.log(JSON.stringify(summary(report), null, 2));
    else print(report, flags, steps);
    if (report.smallest) writeReproduction(flags, report.smallest);
    process.exitCode = report.agree && !report.culprit ? 0 : 1;
  } finally {
    progress.stop();
  }
}

async function findRuntime(name: string): Promise<Runtime> {
  if (name === 'interpreter') return interpreterRuntime;
  if (name === 'ort') return ortRuntime;
  if (!/\.[cm]?[jt]s$/.test(name)) return createRuntime(name);
  if (!existsSync(name)) throw new CompileError('file/missing', 'there is no such module', { file: name });
  const found = await defaultExport(name);
  if (typeof found?.prepare === 'function' && typeof found.name === 'string') return found as Runtime;
  throw new CompileError('cli/runtime', 'expected a default export { name, prepare }', { file: name });
}

async function defaultExport(file: string): Promise<Partial<Runtime> | undefined> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)).default;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CompileError('cli/runtime', `the module does not load: ${reason}`, { file });
  }
}

function sampleOf(model: Graph, { data, seed }: BisectFlags): Sample {
  const inputs = data ? readDataSets(data, model)[0]?.inputs : seededInputs(model, seed);
  if (!inputs) throw new CompileError('data/empty', 'there is no data set', { file: data });
  const shapes = new Map<string, Shape>([...inputs].map(([name, tensor]) => [name, tensor.shape]));
  return { graph: bindDimensions(model, dimensionsFrom(model, shapes)), inputs };
}

function writeReproduction(
  { out, a, b }: BisectFlags,
  smallest: NonNullable<BisectReport['smallest']>,
): void {
  if (!out) return;
  const ops = [...smallest.graph.nodes()].map(({ op }) => op);
  const { files, missing } = reproductionFiles(smallest, `${a} and ${b} differ on ${ops.join(', ')}`);
  for (const file of writeFiles(out, files)) console.error(`wrote ${file}`);
  for (const reason of missing) console.error(reason);
}

function summary({ agree, rows, culprit, smallest, trials }: BisectReport): object {
  const nodes = smallest && [...smallest.graph.nodes()].map(({ op }) => op);
  return { agree, culprit, smallest: nodes && { nodes, inputs: shapesOf(smallest) }, trials, tensors: rows };
}

function print(report: BisectReport, { a, b }: BisectFlags, steps: number): void {
  const cells = ({ node, op, isolated, allowed, cumulative }: TensorRow): string[] => {
    const beyond = isolated > allowed;
    const error = formatError(isolated);
    return [node, op, beyond ? pc.red(error) : error, formatError(allowed), formatError(cumulative)];
  };
  console.log(formatTable(['node', 'op', 'isolated', 'bound', 'cumulative'], report.rows.map(cells)));
  console.log(verdict(report, `${a} and ${b}`, steps));
  if (!report.smallest) return;
  console.log(`smallest model that differs (${report.trials} executions):`);
  for (const node of report.smallest.graph.nodes()) console.log(`  ${node.op} ${node.origin[0] ?? ''}`);
  for (const [name, shape] of Object.entries(shapesOf(report.smallest)))
    console.log(`  input ${name} [${shape}]`);
}

function verdict({ agree, culprit }: BisectReport, both: string, steps: number): string {
  if (culprit) return pc.red(`${both} first differ at ${culprit.node} (${culprit.op})`);
  if (agree)
    return pc.green(`${both} agree ${steps ? 'to a step in each layer alone' : 'within the derived bounds'}`);
  return pc.red(`${both} differ, though no node alone does: a combination of nodes`);
}

function shapesOf({ inputs }: Sample): Record<string, readonly number[]> {
  return Object.fromEntries([...inputs].map(([name, { shape }]) => [name, shape]));
}
