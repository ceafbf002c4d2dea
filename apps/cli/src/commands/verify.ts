import {
  type DataSet,
  interpreterRuntime,
  type Runtime,
  runEach,
  seededSamples,
  type TargetResult,
  type Tensors,
  type Tolerance,
  verifyModel,
} from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { type Rounding, roundings } from '@ghostc/ops';
import { createRuntime, originalRuntime, runtimeNames, stopEngines } from '@ghostc/runtimes';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { readDataSets } from '../data-sets.ts';
import { formatError, formatSeconds, formatTable } from '../format.ts';
import { type LoadedModel, loadModel } from '../load-model.ts';
import { startProgress } from '../progress.ts';
import { modelArgument } from './compile.ts';

/** float32 sums in another order: measured up to 6e-6 between PyTorch and ONNX Runtime on whole networks. */
const tolerance: Tolerance = { relative: 1e-5, absolute: 1e-7, reason: 'float32 sums in another order' };

/** Data sets made when the user gives none. */
const SEEDED_SETS = 3;

interface VerifyFlags {
  readonly data?: string;
  readonly targets: string;
  readonly rounding: Rounding;
  readonly json?: boolean;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('run a model in several runtimes and hold the outputs against the expected ones')
    .addArgument(modelArgument())
    .option('--data <dir>', 'folder with test_data_set_K/input_N.pb and output_N.pb; seeded inputs if absent')
    .option('--targets <list>', `comma-separated: ${['original', ...runtimeNames].join(', ')}`, 'onnx,wgsl,c')
    .addOption(
      new Option('--rounding <kind>', 'of int8 layers of ONNX models that do not say it')
        .choices(roundings)
        .default('single', 'single: ONNX Runtime, the reference, rounds once'),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc verify model.onnx\n  ghostc verify model.onnx --data data/ --targets original,interpreter,onnx,wgsl,c,c@cortex-m4\n\nExit code 0 only if every target passes.',
    )
    .action(runVerify);
}

async function runVerify(model: string, flags: VerifyFlags): Promise<void> {
  const progress = startProgress(`reading ${model}`);
  try {
    const loaded = loadModel(model, { rounding: flags.rounding });
    const runtimes = flags.targets.split(',').map((name) => findRuntime(name.trim(), loaded));
    const dataSets = flags.data ? readDataSets(flags.data, loaded.graph) : await seededDataSets(loaded);
    const results: TargetResult[] = [];
    for (const runtime of runtimes) {
      progress.text = `${model} on ${runtime.name}`;
      results.push(
        await verifyModel(runtime, { model: loaded.graph, dataSets, tolerance, derived: 'besides' }),
      );
    }
    progress.stop();
    report(loaded, results, flags);
    process.exitCode = results.every((result) => result.status === 'pass') ? 0 : 1;
  } finally {
    progress.stop();
    await stopEngines();
  }
}

function findRuntime(name: string, { onnx }: LoadedModel): Runtime {
  if (name === 'interpreter') return interpreterRuntime;
  if (name !== 'original') return createRuntime(name);
  if (onnx) return originalRuntime(onnx.path);
  throw new CompileError('cli/target', 'the target original needs an .onnx model');
}

/** Seeded inputs, with the outputs of ONNX Runtime on the original, or of the interpreter where there is no ONNX file. */
async function seededDataSets({ graph, onnx }: LoadedModel): Promise<DataSet[]> {
  const samples = seededSamples(graph, SEEDED_SETS);
  const reference = onnx ? originalRuntime(onnx.path) : interpreterRuntime;
  const inputs = samples.map((sample) => sample.inputs);
  const outputs = await runEach(reference.prepare(graph), inputs);
  return samples.map((sample, i) => ({ ...sample, outputs: outputs[i] as Tensors }));
}

function report(loaded: LoadedModel, results: readonly TargetResult[], flags: VerifyFlags): void {
  const reference = referenceOf(loaded, flags);
  if (flags.json) {
    console.log(JSON.stringify({ model: loaded.label, reference, targets: results }, null, 2));
    return;
  }
  printTable(results);
  console.log(`reference: ${reference}`);
}

/** What the outputs were held against. */
function referenceOf({ onnx }: LoadedModel, { data }: VerifyFlags): string {
  if (data !== undefined) return `the outputs in ${data}`;
  return onnx ? 'ONNX Runtime on the original' : 'the interpreter: ONNX Runtime runs .onnx files alone';
}

function printTable(results: readonly TargetResult[]): void {
  const colour = { pass: pc.green, fail: pc.red, error: pc.red };
  const rows = results.map((r) => [
    r.target,
    colour[r.status](r.status),
    formatError(r.maxAbs),
    formatError(r.maxRel),
    formatError(r.tolerance),
    formatSeconds(r.seconds),
  ]);
  console.log(formatTable(['target', 'status', 'max abs', 'max rel', 'tolerance', 'time'], rows));
  for (const { target, message } of results) if (message) console.log(`${pc.red(target)}: ${message}`);
}
