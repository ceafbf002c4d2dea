import { basename, dirname, join } from 'node:path';
import { bisect, type Sample } from '@ghostc/bisect';
import {
  drawnOps,
  type FuzzFailure,
  type FuzzTally,
  fuzzModels,
  interpreterRuntime,
  type Runtime,
} from '@ghostc/conformance';
import { saveOnnx } from '@ghostc/edit';
import { interpret } from '@ghostc/interpreter';
import { attempt, entryOf, printGraph } from '@ghostc/ir';
import { dataSetFiles } from '@ghostc/onnx';
import { type OpDefinition, registry } from '@ghostc/ops';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { coverageTable } from '../coverage-table.ts';
import { ENGINE_TIMEOUT, runtimeKinds } from '../find-runtime.ts';
import { parseCount } from '../parse-count.ts';
import { startProgress } from '../progress.ts';
import { workerRuntime } from '../worker/worker-runtime.ts';
import { writeFiles } from '../write-files.ts';

interface FuzzFlags {
  readonly runtime?: string;
  readonly exec?: string;
  readonly models: number;
  readonly nodes: number;
  readonly seed: number;
  readonly seconds?: number;
  readonly timeout: number;
  readonly failures: string;
  readonly json?: boolean;
  readonly quantised?: boolean;
  readonly coverage?: string;
}

const examples = `
Examples:
  ghostc fuzz --runtime ./my-engine.mjs
  ghostc fuzz --exec "python3 engine.py" --models 100000 --seconds 600 --seed 7
  ghostc fuzz --runtime onnx --nodes 100

Models are made of every op of the registry, with attributes, element types and shapes that shape inference takes; ops that were
seldom drawn come more often. Every output has to be within a bound that is derived from the computation. A model that an engine
gets wrong, or dies of, is cut down, and saved with its data: ghostc verify DIR/model.onnx --data DIR.

Exit code 0 if no model differs.`;

export function fuzzCommand(): Command {
  return new Command('fuzz')
    .description('run random models of every op on an engine of your own')
    .addOption(new Option('--runtime <name>', runtimeKinds).default('onnx').conflicts('exec'))
    .option('--exec <command>', 'an engine in any language, as --runtime exec:COMMAND')
    .option('--models <n>', 'models', parseCount, 1000)
    .option('--nodes <n>', 'at most n nodes in a model', parseCount, 8)
    .option('--seed <n>', 'another seed gives other models', parseCount, 1)
    .option('--seconds <n>', 'stop after this many seconds', parseCount)
    .option('--timeout <seconds>', 'seconds that a model may take', parseCount, ENGINE_TIMEOUT)
    .option('--failures <dir>', 'folder for models that differ', 'fuzz-failures')
    .option(
      '--quantised',
      'also quantised ops, to the bit; engines that compute them in float are a step off',
    )
    .option('--coverage <file>', 'write a table of ops, types and attributes that were drawn, in Markdown')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(runFuzz);
}

/** Models that wait for the worker, so that it never waits for the next. */
const PARALLEL = 4;

async function runFuzz(flags: FuzzFlags): Promise<void> {
  const name = flags.exec === undefined ? (flags.runtime ?? 'onnx') : `exec:${flags.exec}`;
  const worker = name === 'interpreter' ? undefined : await workerRuntime(name, flags.timeout);
  const runtime = worker ?? interpreterRuntime;
  const ops = flags.quantised ? drawnOps : drawnOps.filter(({ computed }) => computed !== 'quantized');
  const progress = startProgress(runtime.name);
  const start = performance.now();
  try {
    const tally = await fuzzModels(runtime, {
      ...flags,
      ops,
      parallel: PARALLEL,
      onProgress: ({ models, failures }) => {
        progress.text = `${runtime.name}: ${models} models, ${failures.length} differ`;
      },
      onFailure: (failure) => save(failure, runtime, flags),
    });
    progress.stop();
    const seconds = (performance.now() - start) / 1000;
    if (flags.coverage) writeCoverage(flags.coverage, tally, ops);
    if (flags.json)
      console.log(JSON.stringify(facts(tally, { runtime: runtime.name, seconds, ops }), null, 2));
    else print(tally, { runtime: runtime.name, seconds, ops });
    process.exitCode = tally.failures.length ? 1 : 0;
  } finally {
    progress.stop();
    worker?.stop();
  }
}

/** The smallest model that differs, or the whole one where that cannot be found, with its data. */
async function save(failure: FuzzFailure, runtime: Runtime, flags: FuzzFlags): Promise<void> {
  const smallest = await reduced(failure, runtime);
  const files = new Map<string, string | Uint8Array>([
    ['problem.txt', `${failure.problem}\n`],
    ['whole.gir', printGraph(failure.graph, registry).text],
    ...caseFiles(smallest),
  ]);
  writeFiles(join(flags.failures, `model-${flags.seed}-${failure.number}`), files);
}

async function reduced(failure: FuzzFailure, runtime: Runtime): Promise<Sample> {
  try {
    return (await bisect(failure, { a: interpreterRuntime, b: runtime })).smallest ?? failure;
  } catch {
    return failure;
  }
}

function caseFiles({ graph, inputs }: Sample): [string, string | Uint8Array][] {
  const outputs = attempt(() => interpret(graph, inputs));
  const data = dataSetFiles({
    inputs: graph.inputs.map(({ name }) => entryOf(inputs, name)),
    outputs: outputs ? graph.outputs.map(({ name }) => entryOf(outputs, name)) : [],
  });
  const onnx = attempt(() => saveOnnx(graph));
  return [
    ['model.gir', printGraph(graph, registry).text],
    ...(onnx ? [['model.onnx', onnx] as [string, Uint8Array]] : []),
    ...data,
  ];
}

interface Run {
  readonly runtime: string;
  readonly seconds: number;
  readonly ops: readonly OpDefinition[];
}

function facts(tally: FuzzTally, { runtime, seconds, ops }: Run): object {
  const { coverage, refusals, ...counts } = tally;
  return {
    runtime,
    seconds,
    ...counts,
    refusals: Object.fromEntries(refusals),
    coverage: Object.fromEntries(coverage.counts),
    missing: coverage.missing(ops),
  };
}

function writeCoverage(file: string, { models, coverage }: FuzzTally, ops: readonly OpDefinition[]): void {
  const table = coverageTable(
    ops.map((op) => coverage.row(op)),
    models,
  );
  writeFiles(dirname(file), new Map([[basename(file), table]]));
}

const MOST_PRINTED = 20;

function print(tally: FuzzTally, { runtime, seconds, ops }: Run): void {
  const { models, refused, judged, unjudged, failures, refusals, coverage } = tally;
  for (const line of failures.slice(0, MOST_PRINTED)) console.log(pc.red(line));
  if (failures.length > MOST_PRINTED) console.log(`and ${failures.length - MOST_PRINTED} more`);
  for (const [reason, count] of [...refusals].sort(([, a], [, b]) => b - a).slice(0, MOST_PRINTED))
    console.log(`refused ${count}: ${reason}`);
  const missing = coverage.missing(ops);
  const drawn = ops.filter(({ name }) => coverage.of(name)).length;
  console.log(
    `${drawn} of ${ops.length} ops drawn; never drawn: ${missing.length ? missing.join(', ') : 'nothing'}`,
  );
  const rate = (models / seconds).toFixed(0);
  const summary = `${runtime}: ${models} models in ${seconds.toFixed(1)} s (${rate} a second), ${refused} refused, ${judged} outputs judged, ${unjudged} not; ${failures.length} differ`;
  console.log(failures.length ? pc.red(summary) : pc.green(summary));
}
