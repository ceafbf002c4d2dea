import { integerForm } from '@ghostc/compiler';
import {
  compareTensors,
  type DataSet,
  dataNoiseOf,
  exact,
  interpreterRuntime,
  type Runtime,
  type RuntimeResult,
  remembering,
  runEach,
  seededSamples,
  type Tensors,
  type Tolerance,
  type Verification,
  verifyModel,
} from '@ghostc/conformance';
import { CompileError, type Graph, isFloat, itemAt } from '@ghostc/ir';
import { onnxOps } from '@ghostc/onnx';
import { hasOrt, inOrt, originalRuntime, verifyInOrt } from '@ghostc/runtimes';
import { readDataSets } from './data-sets.ts';
import type { LoadedModel } from './load-model.ts';
import { noiseStore } from './noise-store.ts';

/** For outputs whose noise is not known. */
const tolerance: Tolerance = { relative: 1e-5, absolute: 1e-7, reason: 'float32 sums in another order' };

/** Of two ways to compute a transform. */
const near: Tolerance = {
  relative: 1e-3,
  absolute: 0,
  reason: 'the errors of fast transforms',
  vetted: true,
};

/** Data sets made when the user gives none. */
const SEEDED_SETS = 3;

export interface VerifyTask {
  /** What the outputs are compared with, in words. */
  readonly reference: string;
  readonly dataSets: readonly DataSet[];
  verify(runtime: Runtime): Promise<RuntimeResult>;
}

export interface TaskOptions {
  readonly data?: string | undefined;
  readonly allclose?: Verification['allclose'] | undefined;
  /** The data come from the model itself: what ONNX Runtime on the original misses of them is no noise. */
  readonly exactData?: boolean | undefined;
}

export async function verifyTask(model: LoadedModel, options: TaskOptions): Promise<VerifyTask> {
  const { data, allclose } = options;
  const loaded = await withoutMissingOrt(model);
  const integers = integerForm(loaded.graph);
  if (data !== undefined) return dataTask(loaded, { ...options, integers, data });
  if (integers && !allclose) return integerTask(integers);
  const { dataSets, reference } = await completed(loaded, seededSamples(loaded.graph, SEEDED_SETS));
  const held: Verification = {
    model: integers ?? loaded.graph,
    dataSets,
    tolerance,
    alike: true,
    ...statistical(allclose),
  };
  return { reference, dataSets, verify: (runtime) => verifyModel(runtime, held) };
}

const statistical = (allclose: TaskOptions['allclose']) =>
  ({ derived: 'statistical', noiseStore: noiseStore(), ...(allclose && { allclose }) }) as const;

interface Given extends TaskOptions {
  readonly integers: Graph | undefined;
  readonly data: string;
}

/** Outputs that the user gives; where there are inputs only, those of the reference. */
async function dataTask(
  loaded: LoadedModel,
  { integers, data, allclose, exactData }: Given,
): Promise<VerifyTask> {
  const { graph, onnx } = loaded;
  const sets = readDataSets(data, graph);
  // what the interpreter computes is judged as with seeded inputs
  if (integers && !onnx && !allclose && sets.every(({ outputs }) => outputs.size === 0))
    return integerTask(integers, sets);
  const { dataSets, reference } = sets.every(({ outputs }) => outputs.size > 0)
    ? { dataSets: sets, reference: `the outputs in ${data}` }
    : await completed(loaded, sets);
  const model = integers ?? graph;
  const held: Verification = { model, rounded: graph, dataSets, tolerance, ...statistical(allclose) };
  const mayMiss = exactData ? undefined : onnx;
  return {
    reference,
    dataSets,
    verify: (runtime) =>
      verifyBeside(
        runtime,
        held,
        mayMiss && { runtime: originalRuntime(mayMiss.path, mayMiss.given), quantized: !!integers },
      ),
  };
}

interface Completed {
  readonly dataSets: readonly DataSet[];
  /** Whose outputs were filled in. */
  readonly reference: string;
}

/** Sets without outputs get those of ONNX Runtime on the original; of the interpreter where that does not run it. */
async function completed(
  { graph, onnx }: Pick<LoadedModel, 'graph' | 'onnx'>,
  sets: readonly (Omit<DataSet, 'outputs'> & Partial<DataSet>)[],
): Promise<Completed> {
  const inputs = sets.map((set) => set.inputs);
  const filled = (outputs: readonly Tensors[]): DataSet[] =>
    sets.map((set, i) =>
      set.outputs?.size ? { ...set, outputs: set.outputs } : { ...set, outputs: itemAt(outputs, i) },
    );
  const interpreted = async (why: string): Promise<Completed> => ({
    dataSets: filled(await runEach(interpreterRuntime.prepare(graph), inputs)),
    reference: `the interpreter: ${why}`,
  });
  if (!onnx) return interpreted('ONNX Runtime runs .onnx files only, where it is installed');
  const ops = onnxOps(onnx.bytes);
  if (ops.has('DynamicQuantizeLSTM'))
    return interpreted('in ONNX Runtime DynamicQuantizeLSTM rounds activations to 8 bits');
  try {
    const outputs = await runEach(originalRuntime(onnx.path, onnx.given).prepare(graph), inputs);
    const original = { dataSets: filled(outputs), reference: 'ONNX Runtime on the original' };
    if (!ops.has('STFT') && !ops.has('DFT')) return original;
    const exact = await interpreted('the fast transforms of ONNX Runtime have errors of their own');
    return areNear(exact.dataSets, original.dataSets) ? exact : original;
  } catch (error) {
    if (!notRun(error)) throw error;
    return interpreted(`the original does not run. ${error.detail.trim()}`);
  }
}

interface Original {
  readonly runtime: Runtime;
  readonly quantized: boolean;
}

/** What misses the data is judged once more, by how far the original model is from them. */
async function verifyBeside(
  runtime: Runtime,
  held: Verification,
  original: Original | undefined,
): Promise<RuntimeResult> {
  const once = remembering(runtime);
  const result = await verifyModel(once, held);
  if (result.status !== 'fail' || !original || held.allclose) return result;
  const dataNoise = await noiseBeside(original, held);
  if (!dataNoise) return result;
  const { seconds, ...again } = await verifyModel(once, { ...held, dataNoise });
  return { ...again, seconds: seconds + result.seconds };
}

/** Nothing where ONNX Runtime does not run the original. */
async function noiseBeside({ runtime, quantized }: Original, held: Verification) {
  try {
    return await dataNoiseOf(runtime, held, quantized ? 'quantized' : 'float');
  } catch (error) {
    if (notRun(error)) return undefined;
    throw error;
  }
}

const notRun = (error: unknown): error is CompileError =>
  error instanceof CompileError && error.code === 'run/onnx';

/** Whether no element is further apart than a thousandth of the largest one of its output. */
function areNear(found: readonly DataSet[], wanted: readonly DataSet[]): boolean {
  return wanted.every(({ outputs }, i) =>
    [...outputs].every(([name, output]) => compareTensors(output, found[i]?.outputs.get(name), near).pass),
  );
}

/** A quantised model: the interpreter's integers on seeded or given inputs, which ONNX Runtime has to a step in each layer only. */
async function integerTask(
  model: Graph,
  samples: readonly Omit<DataSet, 'outputs'>[] = seededSamples(model, SEEDED_SETS),
): Promise<VerifyTask> {
  const { dataSets } = await completed({ graph: model }, samples);
  const held = heldToInterpreter(model, dataSets);
  return {
    reference: 'the interpreter, in integers',
    dataSets,
    verify: (runtime) =>
      inOrt.has(runtime.name) ? verifyInOrt(runtime, model, dataSets) : verifyModel(runtime, held),
  };
}

/** Outputs of the interpreter are exact where a model computes only in integers; else rounding moves them. */
export function heldToInterpreter(model: Graph, dataSets: readonly DataSet[]): Verification {
  const ints = [...model.nodes()].every(
    ({ op, output }) => op === 'dequantize_linear' || !isFloat(output.type.dtype),
  );
  return ints
    ? { model, dataSets, tolerance: exact }
    : { model, dataSets, tolerance, alike: true, ...statistical(undefined) };
}

/** Without ONNX Runtime, nothing can run the original file. */
async function withoutMissingOrt(model: LoadedModel): Promise<LoadedModel> {
  if (!model.onnx || (await hasOrt())) return model;
  const { onnx: _, ...rest } = model;
  return rest;
}
