import type { DataSet, RuntimeResult } from '@ghostc/conformance';
import { type Graph, type Tensor, toNumbers } from '@ghostc/ir';
import { openDimensions, type Rounding } from '@ghostc/ops';
import { runtimeNames, stopEngines } from '@ghostc/runtimes';
import { Command, InvalidArgumentError } from 'commander';
import { bindOption } from '../bind-option.ts';
import { type BoardFlags, boardOptions, portOf } from '../board-options.ts';
import { anyWorkOption, checkWork, MANY_RUNS } from '../check-work.ts';
import { collect } from '../collect.ts';
import { runtimeOfModel } from '../find-runtime.ts';
import { loadModel } from '../load-model.ts';
import { printVerification } from '../print-verification.ts';
import { startProgress } from '../progress.ts';
import { roundingOption } from '../rounding-option.ts';
import { verifyOnBoard } from '../verify-on-board.ts';
import { verifyTask } from '../verify-task.ts';
import { modelArgument } from './compile.ts';

interface VerifyFlags extends BoardFlags {
  readonly data?: string;
  readonly targets?: string;
  readonly runtime: readonly string[];
  readonly exec: readonly string[];
  readonly bind: ReadonlyMap<string, number>;
  readonly rounding?: Rounding;
  readonly rtol?: number;
  readonly atol?: number;
  readonly strict?: boolean;
  readonly exactData?: boolean;
  readonly anyWork?: boolean;
  readonly json?: boolean;
}

const DEFAULT_TARGETS = 'onnx,wgsl,c';

export function verifyCommand(): Command {
  return boardOptions(new Command('verify'))
    .description('run a model in several runtimes and compare the outputs with the expected ones')
    .addArgument(modelArgument())
    .option(
      '--data <path>',
      'an .npz, .npy or .pb file, or a folder of test_data_set_K/input_N and output_N; seeded inputs if absent',
    )
    .option(
      '--targets <list>',
      `comma-separated: ${['original', ...runtimeNames, 'board'].join(', ')} (${DEFAULT_TARGETS})`,
    )
    .option(
      '--runtime <module>',
      'also your own engine: a module whose default export is a Runtime',
      collect,
      [],
    )
    .option('--exec <command>', 'also an engine in any language, started by this command', collect, [])
    .addOption(bindOption())
    .option(
      '--rtol <part>',
      'with --atol: |a - b| <= atol + rtol |b|, as numpy.allclose (1e-5)',
      parseTolerance,
    )
    .option('--atol <size>', 'in place of what rounding explains (1e-8)', parseTolerance)
    .option(
      '--exact-data',
      "the outputs in --data are the model's own, as of PyTorch: allow no more where ONNX Runtime misses them, too",
    )
    .option('--strict', 'fail where rounding moves the outputs too far to judge them')
    .addOption(roundingOption())
    .addOption(anyWorkOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc verify model.onnx\n  ghostc verify model.onnx --data inputs.npz --targets original,interpreter,onnx,wgsl,c,c@cortex-m4\n  ghostc verify model.onnx --exec "python3 engine.py"\n  ghostc verify model.onnx --targets board --port /dev/ttyACM0\n\nAn output may be off by what rounding explains: the model is run a few times with random errors at every node, and eight\nstandard deviations are allowed. That spread is kept by model and data in\n~/.cache/ghostc. Where ONNX Runtime on the original misses the given data itself, that distance is allowed too, up to\na hundredth of them, but for --exact-data.\n\nQuantised models without expected outputs: the reference is the interpreter, in integers. ONNX Runtime rounds differently: there\neach layer by itself may be a step off.\n\nExit code 0 only if every target passes.',
    )
    .action(runVerify);
}

function parseTolerance(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('Expected a number from 0 on.');
}

/** numpy's own defaults, where one of the two is given. */
function allcloseOf({ rtol, atol }: VerifyFlags): readonly [number, number] | undefined {
  return rtol === undefined && atol === undefined ? undefined : [rtol ?? 1e-5, atol ?? 1e-8];
}

async function runVerify(model: string, flags: VerifyFlags): Promise<void> {
  const progress = startProgress(`reading ${model}`);
  try {
    const loaded = loadModel(model, { rounding: flags.rounding, bind: flags.bind });
    checkWork(loaded, flags, MANY_RUNS);
    const runtimes = await Promise.all(
      namesOf(flags).map((name) => (name === 'board' ? name : runtimeOfModel(name, loaded))),
    );
    const { data, exactData } = flags;
    const task = await verifyTask(loaded, { data, exactData, allclose: allcloseOf(flags) });
    const results: RuntimeResult[] = [];
    for (const runtime of runtimes) {
      const onStep = (step: string): void => {
        progress.text = `${model} on ${step}`;
      };
      onStep(runtime === 'board' ? runtime : runtime.name);
      results.push(
        await (runtime === 'board'
          ? verifyOnBoard(task, { graph: loaded.graph, port: portOf(flags), onStep })
          : task.verify(runtime)),
      );
    }
    progress.stop();
    const notes = [
      ...(flags.data === undefined ? sizesOfOne(loaded.graph) : []),
      ...withoutNumbers(task.dataSets),
    ];
    report({ model: loaded.label, reference: task.reference, notes, targets: results }, flags);
    process.exitCode = results.every((result) => holds(result, flags)) ? 0 : 1;
  } finally {
    progress.stop();
    await stopEngines();
  }
}

function holds({ status }: RuntimeResult, { strict }: VerifyFlags): boolean {
  return status === 'pass' || (status === 'unclear' && !strict);
}

/** The targets; only the user's engines where these are given and targets are not. */
function namesOf({ targets, runtime, exec }: VerifyFlags): string[] {
  const engines = [...runtime, ...exec.map((command) => `exec:${command}`)];
  if (targets === undefined && engines.length) return engines;
  const named = (targets ?? DEFAULT_TARGETS).split(',').map((name) => name.trim());
  return [...named, ...engines];
}

function sizesOfOne(graph: Graph): string[] {
  const open = openDimensions(graph);
  return open.length ? [`sizes that were not given are 1: ${open.join(', ')} (--bind NAME=SIZE)`] : [];
}

/** Said where an engine that computes nothing would pass too. */
function withoutNumbers(dataSets: readonly DataSet[]): string[] {
  const isZero = (tensor: Tensor): boolean => toNumbers(tensor).every((value) => value === 0);
  const says = dataSets.some(({ outputs }) => [...outputs.values()].some((output) => !isZero(output)));
  return says ? [] : ['every expected output is 0 or empty: these inputs show nothing'];
}

interface Report {
  readonly model: string;
  readonly reference: string;
  readonly notes: readonly string[];
  readonly targets: readonly RuntimeResult[];
}

function report(result: Report, { json }: VerifyFlags): void {
  if (json) {
    console.log(JSON.stringify(result, null, 2));
    return;
  }
  printVerification(result.targets);
  console.log(`reference: ${result.reference}`);
  for (const note of result.notes) console.log(`note: ${note}`);
}
