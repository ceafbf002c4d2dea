import { integerForm } from '@ghostc/compiler';
import {
  type DataSet,
  exact,
  interpreterRuntime,
  type Runtime,
  runEach,
  seededSamples,
  type TargetResult,
  type Tensors,
  type Tolerance,
  type Verification,
  verifyModel,
} from '@ghostc/conformance';
import { CompileError, type Graph, isFloat } from '@ghostc/ir';
import type { Rounding } from '@ghostc/ops';
import {
  createRuntime,
  inOrt,
  originalRuntime,
  runtimeNames,
  stopEngines,
  verifyInOrt,
} from '@ghostc/runtimes';
import { Command } from 'commander';
import pc from 'picocolors';
import { bindOption } from '../bind-option.ts';
import { readDataSets } from '../data-sets.ts';
import { formatError, formatSeconds, formatTable } from '../format.ts';
import { type LoadedModel, loadModel } from '../load-model.ts';
import { startProgress } from '../progress.ts';
import { roundingOption } from '../rounding-option.ts';
import { modelArgument } from './compile.ts';

/** float32 sums in another order: measured up to 6e-6 between PyTorch and ONNX Runtime on whole networks. */
const tolerance: Tolerance = { relative: 1e-5, absolute: 1e-7, reason: 'float32 sums in another order' };

/** Data sets made when the user gives none. */
const SEEDED_SETS = 3;

interface VerifyFlags {
  readonly data?: string;
  readonly targets: string;
  readonly bind: ReadonlyMap<string, number>;
  readonly rounding: Rounding;
  readonly json?: boolean;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('run a model in several runtimes and hold the outputs against the expected ones')
    .addArgument(modelArgument())
    .option('--data <dir>', 'folder with test_data_set_K/input_N.pb and output_N.pb; seeded inputs if absent')
    .option('--targets <list>', `comma-separated: ${['original', ...runtimeNames].join(', ')}`, 'onnx,wgsl,c')
    .addOption(bindOption())
    .addOption(roundingOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc verify model.onnx\n  ghostc verify model.onnx --data data/ --targets original,interpreter,onnx,wgsl,c,c@cortex-m4\n\nQuantised models: the reference is the interpreter, in integers. ONNX Runtime rounds otherwise: there every layer alone\nmay be a step off.\n\nExit code 0 only if every target passes.',
    )
    .action(runVerify);
}

async function runVerify(model: string, flags: VerifyFlags): Promise<void> {
  const progress = startProgress(`reading ${model}`);
  try {
    const loaded = loadModel(model, { rounding: flags.rounding, bind: flags.bind });
    const runtimes = flags.targets.split(',').map((name) => findRuntime(name.trim(), loaded));
    const task = await taskFor(loaded, flags.data);
    const results: TargetResult[] = [];
    for (const runtime of runtimes) {
      progress.text = `${model} on ${runtime.name}`;
      results.push(await task.verify(runtime));
    }
    progress.stop();
    report(loaded, task.reference, { results, json: flags.json });
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

interface Task {
  /** What the outputs are held against, in words. */
  readonly reference: string;
  verify(runtime: Runtime): Promise<TargetResult>;
}

async function taskFor(loaded: LoadedModel, data: string | undefined): Promise<Task> {
  const integers = integerForm(loaded.graph);
  if (integers && data === undefined) return integerTask(integers);
  const model = integers ?? loaded.graph;
  const dataSets = data === undefined ? await seededDataSets(loaded) : readDataSets(data, model);
  const computed = loaded.onnx
    ? 'ONNX Runtime on the original'
    : 'the interpreter: ONNX Runtime runs .onnx files alone';
  return {
    reference: data === undefined ? computed : `the outputs in ${data}`,
    verify: (runtime) => verifyModel(runtime, { model, dataSets, tolerance, derived: 'besides' }),
  };
}

/** A quantised model: the interpreter's integers on seeded inputs, which ONNX Runtime has to a step in each layer only. */
async function integerTask(model: Graph): Promise<Task> {
  const dataSets = await seededSetsFrom(interpreterRuntime, model);
  const ints = [...model.nodes()].every(
    ({ op, output }) => op === 'dequantize_linear' || !isFloat(output.type.dtype),
  );
  const held: Verification = ints
    ? { model, dataSets, tolerance: exact }
    : { model, dataSets, tolerance, derived: 'besides' };
  return {
    reference: 'the interpreter, in integers',
    verify: (runtime) =>
      inOrt.has(runtime.name) ? verifyInOrt(runtime, model, dataSets) : verifyModel(runtime, held),
  };
}

/** Seeded inputs, with the outputs of ONNX Runtime on the original, or of the interpreter where there is no ONNX file. */
async function seededDataSets({ graph, onnx }: LoadedModel): Promise<DataSet[]> {
  return seededSetsFrom(onnx ? originalRuntime(onnx.path) : interpreterRuntime, graph);
}

async function seededSetsFrom(reference: Runtime, graph: Graph): Promise<DataSet[]> {
  const samples = seededSamples(graph, SEEDED_SETS);
  const inputs = samples.map((sample) => sample.inputs);
  const outputs = await runEach(reference.prepare(graph), inputs);
  return samples.map((sample, i) => ({ ...sample, outputs: outputs[i] as Tensors }));
}

function report(
  loaded: LoadedModel,
  reference: string,
  { results, json }: { results: readonly TargetResult[]; json: boolean | undefined },
): void {
  if (json) {
    console.log(JSON.stringify({ model: loaded.label, reference, targets: results }, null, 2));
    return;
  }
  printTable(results);
  console.log(`reference: ${reference}`);
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
  for (const { target, message, note } of results) {
    if (message) console.log(`${pc.red(target)}: ${message}`);
    if (note) console.log(`${target}: ${note}`);
  }
}
