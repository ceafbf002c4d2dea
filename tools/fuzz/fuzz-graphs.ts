import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bisect, type Sample } from '@ghostc/bisect';
import { interpreterRuntime, type Runtime } from '@ghostc/conformance';
import { saveOnnx } from '@ghostc/edit';
import { interpret } from '@ghostc/interpreter';
import { attempt, entryOf, itemAt, printGraph } from '@ghostc/ir';
import { dataSetFiles } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { type BatchRunner, batchRunner } from './batch-runners.ts';
import type { Share } from './in-parallel.ts';
import { type Kind, type RandomSample, randomSample, worstProblem } from './random-sample.ts';

export interface FuzzOptions {
  readonly graphs: number;
  /** Number of the first graph; another shard of the same run starts elsewhere. */
  readonly from?: number;
  /** Which of the numbers are this run's. */
  readonly share?: Share;
  readonly seed: number;
  readonly targets: readonly string[];
  /** Saves the files of a reduced failure, and prints where. */
  readonly save: (name: string, files: Files) => string;
  readonly seconds?: number;
  readonly onProgress?: (tally: Tally) => void;
}

/** Paths and contents. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

export interface Tally {
  graphs: number;
  readonly kinds: Record<Kind, number>;
  /** Graphs for which no inputs gave numbers with a bound that noise would not pass. */
  dropped: number;
  /** By target. */
  readonly compared: Record<string, number>;
  readonly refused: Record<string, number>;
  /** Seconds of wall time by target. */
  readonly seconds: Record<string, number>;
  readonly differing: string[];
}

/** Graphs that share one call of the C compiler and one ONNX model. */
const BATCH = 200;

/** Runs random graphs on every target against the interpreter. Graphs that are dropped are replaced by others. */
export async function fuzzGraphs(options: FuzzOptions): Promise<Tally> {
  const tally: Tally = {
    graphs: 0,
    kinds: { float: 0, dynamic: 0, int8: 0 },
    dropped: 0,
    compared: {},
    refused: {},
    seconds: {},
    differing: [],
  };
  const runners = new Map<string, BatchRunner>();
  for (const target of options.targets) runners.set(target, await batchRunner(target));
  const end = performance.now() + (options.seconds ?? Infinity) * 1000;
  const { index, count: step } = options.share ?? { index: 0, count: 1 };
  let number = (options.from ?? 0) + index;
  try {
    while (tally.graphs < options.graphs && performance.now() < end) {
      const batch: RandomSample[] = [];
      const wanted = Math.min(BATCH, options.graphs - tally.graphs);
      while (batch.length < wanted) {
        const sample = randomSample(number, options.seed);
        number += step;
        if (sample) batch.push(sample);
        else tally.dropped++;
      }
      for (const { kind } of batch) tally.kinds[kind]++;
      for (const [target, runner] of runners) await runBatch(batch, { target, runner, tally, options });
      tally.graphs += batch.length;
      options.onProgress?.(tally);
    }
  } finally {
    for (const runner of runners.values()) runner.dispose();
  }
  return tally;
}

interface BatchRun {
  readonly target: string;
  readonly runner: BatchRunner;
  readonly tally: Tally;
  readonly options: FuzzOptions;
}

async function runBatch(batch: readonly RandomSample[], run: BatchRun): Promise<void> {
  const { target, runner, tally } = run;
  const start = performance.now();
  const answers = await runner.run(batch);
  count(tally.seconds, target, (performance.now() - start) / 1000);
  for (const [i, sample] of batch.entries()) {
    const answer = itemAt(answers, i);
    if (answer === 'refused') count(tally.refused, target, 1);
    if (typeof answer === 'string') continue;
    count(tally.compared, target, 1);
    const problem = answer instanceof Error ? answer.message : worstProblem(sample, answer);
    if (problem !== null) tally.differing.push(await saveFailure(sample, problem, run));
  }
}

function count(counts: Record<string, number>, key: string, by: number): void {
  counts[key] = (counts[key] ?? 0) + by;
}

/**
 * Reduces a failing graph with the interpreter as the judge, and saves it with its data: `ghostc verify
 * DIR/model.onnx --data DIR` reproduces it. Returns a line that describes it.
 */
async function saveFailure(
  sample: RandomSample,
  problem: string,
  { target, runner, tally, options }: BatchRun,
): Promise<string> {
  const name = `${target.replace(/\W/g, '-')}-${options.seed}-${(options.from ?? 0) + (options.share?.index ?? 0)}-${tally.differing.length}`;
  const { smallest, op } = await reduced(sample, runner.runtime);
  const whole = printGraph(sample.model, registry).text;
  const told = [['problem.txt', `${problem}\n`] as const, ['whole.gir', whole] as const];
  const place = options.save(name, new Map([...told, ...caseFiles(smallest)]));
  return `${target}: ${op}: ${problem}; saved in ${place}`;
}

/** Keeps failures in folders of a folder. */
export function saveIn(folder: string): FuzzOptions['save'] {
  return (name, files) => {
    const place = join(folder, name);
    for (const [file, content] of files) {
      mkdirSync(dirname(join(place, file)), { recursive: true });
      writeFileSync(join(place, file), content);
    }
    return place;
  };
}

async function reduced(sample: RandomSample, runtime: Runtime): Promise<{ smallest: Sample; op: string }> {
  try {
    const { smallest, culprit } = await bisect(sample, { a: interpreterRuntime, b: runtime });
    return { smallest: smallest ?? sample, op: culprit?.op ?? 'several ops' };
  } catch {
    return { smallest: sample, op: 'whole graph' };
  }
}

function caseFiles({ graph, inputs }: Sample): [string, string | Uint8Array][] {
  const outputs = interpret(graph, inputs);
  const data = dataSetFiles({
    inputs: graph.inputs.map(({ name }) => entryOf(inputs, name)),
    outputs: graph.outputs.map(({ name }) => entryOf(outputs, name)),
  });
  const files: [string, string | Uint8Array][] = [['model.gir', printGraph(graph, registry).text], ...data];
  const onnx = attempt(() => saveOnnx(graph));
  return onnx ? [...files, ['model.onnx', onnx]] : files;
}
