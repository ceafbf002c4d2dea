import { compileC } from '@ghostc/compiler';
import { type Runtime, runEach, type Tensors } from '@ghostc/conformance';
import { copyGraph, mergeModels } from '@ghostc/edit';
import { CompileError, type Graph, itemAt, type Tensor } from '@ghostc/ir';
import { createRuntime, dawnDevice, prepareC, wgslRuntimeOn } from '@ghostc/runtimes';
import { ownOutputs, type RandomSample } from './random-sample.ts';

/** `refused`: the target reports that it has no code for the graph. */
export type Answer = Tensors | Error | 'refused' | 'not run';

/** A target that many small graphs are run on at once. */
export interface BatchRunner {
  /** For one graph. */
  readonly runtime: Runtime;
  /** Answers in the order of the samples. */
  run(samples: readonly RandomSample[]): Promise<Answer[]>;
  dispose(): void;
}

/** Runners by target: `onnx`, `c`, `wgsl`, or any runtime, one graph at a time. */
export async function batchRunner(target: string): Promise<BatchRunner> {
  if (target === 'wgsl') return wgslRunner();
  const runtime = createRuntime(target);
  const dispose = (): void => undefined;
  if (target === 'onnx') return { runtime, run: (samples) => runOnnx(samples, runtime), dispose };
  if (target === 'c') return { runtime, run: (samples) => runC(samples, runtime), dispose };
  return { runtime, run: (samples) => oneByOne(samples, runtime), dispose };
}

/** One device; each shader is compiled once. */
async function wgslRunner(): Promise<BatchRunner> {
  const device = await dawnDevice();
  const runtime = wgslRuntimeOn(device);
  return { runtime, run: (samples) => oneByOne(samples, runtime), dispose: () => device.destroy() };
}

/** Dynamic graphs with their symbols; int8 is left out: there ONNX Runtime rounds in float32, one step off at times. */
async function runOnnx(samples: readonly RandomSample[], runtime: Runtime): Promise<Answer[]> {
  const floats = samples.filter(({ kind }) => kind !== 'int8');
  const answers = await joined(floats, runtime, ({ model }) => model);
  return samples.map((sample) => answers.get(sample) ?? 'not run');
}

/** One program for all, or for all that have code, since the compiler takes most of the time. */
async function runC(samples: readonly RandomSample[], runtime: Runtime): Promise<Answer[]> {
  const quick: Runtime = { ...runtime, prepare: prepareQuickly };
  const all = await together(samples, quick, ({ graph }) => graph).catch(() => null);
  if (all) return samples.map((sample) => all.get(sample) ?? 'not run');
  const refusals = new Map<RandomSample, Answer>();
  for (const sample of samples) {
    const answer = refusal(() => compileC(sample.graph));
    if (answer) refusals.set(sample, answer);
  }
  const answers = await joined(
    samples.filter((sample) => !refusals.has(sample)),
    quick,
    ({ graph }) => graph,
  );
  return samples.map((sample) => refusals.get(sample) ?? answers.get(sample) ?? 'not run');
}

let programs = 0;

/** Without optimisation and with one copy of the kernels: for any x86-64 and for this processor, by turns. */
async function prepareQuickly(graph: Graph): ReturnType<Runtime['prepare']> {
  const processor = programs++ % 2 ? ['-march=native'] : [];
  const extraFlags = ['-O0', '-DGHOSTC_DISPATCH=0', ...processor];
  const { run, dispose } = await prepareC(compileC(graph), 'host', { extraFlags });
  return { run: async (inputs) => (await run([inputs]))[0]?.outputs ?? new Map(), dispose };
}

function refusal(compile: () => unknown): Answer | null {
  try {
    compile();
    return null;
  } catch (error) {
    return answerTo(error);
  }
}

/** A backend's own words are a refusal; everything else is a failure. */
function answerTo(error: unknown): Answer {
  if (error instanceof CompileError && /^(wgsl|backend-c)\/(op|dtype)$/.test(error.code)) return 'refused';
  return error instanceof Error ? error : new Error(String(error));
}

async function oneByOne(samples: readonly RandomSample[], runtime: Runtime): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const sample of samples) answers.push(await runByItself(sample, runtime));
  return answers;
}

async function runByItself({ graph, model, inputs }: RandomSample, runtime: Runtime): Promise<Answer> {
  try {
    const [outputs] = await runEach(runtime.prepare(runtime.dynamicShapes ? model : graph), [inputs]);
    return outputs as Tensors;
  } catch (error) {
    return answerTo(error);
  }
}

/** All side by side in one model; each by itself where that does not run. */
async function joined(
  samples: readonly RandomSample[],
  runtime: Runtime,
  graphOf: (sample: RandomSample) => Graph,
): Promise<Map<RandomSample, Answer>> {
  try {
    return await together(samples, runtime, graphOf);
  } catch {
    const answers = await oneByOne(samples, runtime);
    return new Map(samples.map((sample, i) => [sample, itemAt(answers, i)]));
  }
}

/** All side by side in one model. Rejects where that does not run. */
async function together(
  samples: readonly RandomSample[],
  runtime: Runtime,
  graphOf: (sample: RandomSample) => Graph,
): Promise<Map<RandomSample, Answer>> {
  if (samples.length === 0) return new Map();
  const graph = sideBySide(
    samples.map((sample, i) => copyGraph(graphOf(sample), { rename: (name) => `g${i}_${name}` })),
  );
  const inputs = samples.flatMap((sample, i) =>
    [...sample.inputs].map(([name, tensor]): [string, Tensor] => [`g${i}_${name}`, tensor]),
  );
  const [all] = await runEach(runtime.prepare(graph), [new Map(inputs)]);
  return new Map(samples.map((sample, i) => [sample, ownOutputs(sample, `g${i}_`, all as Tensors)]));
}

/** Halves are joined, so that no graph is copied more often than log2(n) times. */
function sideBySide(graphs: readonly Graph[]): Graph {
  if (graphs.length === 1) return itemAt(graphs, 0);
  const middle = graphs.length >> 1;
  return mergeModels(sideBySide(graphs.slice(0, middle)), sideBySide(graphs.slice(middle)), {});
}
