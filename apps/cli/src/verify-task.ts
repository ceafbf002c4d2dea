import { integerForm } from '@ghostc/compiler';
import {
  type DataSet,
  dataNoiseOf,
  exact,
  interpreterRuntime,
  type Runtime,
  type RuntimeResult,
  remembering,
  runEach,
  seededSamples,
  type Tolerance,
  type Verification,
  verifyModel,
} from '@ghostc/conformance';
import { type Graph, isFloat, itemAt } from '@ghostc/ir';
import { hasOrt, inOrt, originalRuntime, verifyInOrt } from '@ghostc/runtimes';
import { readDataSets } from './data-sets.ts';
import type { LoadedModel } from './load-model.ts';
import { noiseStore } from './noise-store.ts';

/** For outputs of which no noise can be told. */
const tolerance: Tolerance = { relative: 1e-5, absolute: 1e-7, reason: 'float32 sums in another order' };

/** Data sets made when the user gives none. */
const SEEDED_SETS = 3;

export interface VerifyTask {
  /** What the outputs are held against, in words. */
  readonly reference: string;
  verify(runtime: Runtime): Promise<RuntimeResult>;
}

export interface TaskOptions {
  readonly data?: string | undefined;
  readonly allclose?: Verification['allclose'] | undefined;
}

export async function verifyTask(model: LoadedModel, { data, allclose }: TaskOptions): Promise<VerifyTask> {
  const loaded = await withoutMissingOrt(model);
  const integers = integerForm(loaded.graph);
  if (data !== undefined) return dataTask(loaded, { integers, data, allclose });
  if (integers && !allclose) return integerTask(integers);
  const dataSets = await seededSets(referenceOf(loaded), loaded.graph);
  const held: Verification = {
    model: integers ?? loaded.graph,
    dataSets,
    tolerance,
    alike: true,
    ...statistical(allclose),
  };
  return { reference: referenceName(loaded), verify: (runtime) => verifyModel(runtime, held) };
}

const statistical = (allclose: TaskOptions['allclose']) =>
  ({ derived: 'statistical', noiseStore: noiseStore(), ...(allclose && { allclose }) }) as const;

interface Given {
  readonly integers: Graph | undefined;
  readonly data: string;
  readonly allclose: TaskOptions['allclose'];
}

/** Outputs that the user gives; where there are inputs only, those of the reference. */
async function dataTask(loaded: LoadedModel, { integers, data, allclose }: Given): Promise<VerifyTask> {
  const { graph, onnx } = loaded;
  const sets = readDataSets(data, graph);
  const dataSets = sets.every(({ outputs }) => outputs.size > 0) ? sets : await completed(loaded, sets);
  const model = integers ?? graph;
  const held: Verification = { model, rounded: graph, dataSets, tolerance, ...statistical(allclose) };
  return {
    reference: dataSets === sets ? `the outputs in ${data}` : referenceName(loaded),
    verify: (runtime) =>
      verifyBeside(runtime, held, onnx && { runtime: originalRuntime(onnx.path), quantized: !!integers }),
  };
}

async function completed(loaded: LoadedModel, sets: readonly DataSet[]): Promise<DataSet[]> {
  const inputs = sets.map((set) => set.inputs);
  const outputs = await runEach(referenceOf(loaded).prepare(loaded.graph), inputs);
  return sets.map((set, i) => (set.outputs.size ? set : { ...set, outputs: itemAt(outputs, i) }));
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
  const dataNoise = await dataNoiseOf(original.runtime, held, original.quantized ? 'quantized' : 'float');
  const { seconds, ...again } = await verifyModel(once, { ...held, dataNoise });
  return { ...again, seconds: seconds + result.seconds };
}

/** A quantised model: the interpreter's integers on seeded inputs, which ONNX Runtime has to a step in each layer only. */
async function integerTask(model: Graph): Promise<VerifyTask> {
  const dataSets = await seededSets(interpreterRuntime, model);
  const ints = [...model.nodes()].every(
    ({ op, output }) => op === 'dequantize_linear' || !isFloat(output.type.dtype),
  );
  const held: Verification = ints
    ? { model, dataSets, tolerance: exact }
    : { model, dataSets, tolerance, alike: true, ...statistical(undefined) };
  return {
    reference: 'the interpreter, in integers',
    verify: (runtime) =>
      inOrt.has(runtime.name) ? verifyInOrt(runtime, model, dataSets) : verifyModel(runtime, held),
  };
}

/** Where ONNX Runtime is not installed, nothing can run the file as it is. */
async function withoutMissingOrt(model: LoadedModel): Promise<LoadedModel> {
  if (!model.onnx || (await hasOrt())) return model;
  const { onnx: _, ...rest } = model;
  return rest;
}

/** ONNX Runtime on the original, or the interpreter where there is no ONNX file. */
function referenceOf({ onnx }: LoadedModel): Runtime {
  return onnx ? originalRuntime(onnx.path) : interpreterRuntime;
}

function referenceName({ onnx }: LoadedModel): string {
  return onnx
    ? 'ONNX Runtime on the original'
    : 'the interpreter: ONNX Runtime runs .onnx files only, where it is installed';
}

async function seededSets(reference: Runtime, graph: Graph): Promise<DataSet[]> {
  const samples = seededSamples(graph, SEEDED_SETS);
  const inputs = samples.map((sample) => sample.inputs);
  const outputs = await runEach(reference.prepare(graph), inputs);
  return samples.map((sample, i) => ({ ...sample, outputs: itemAt(outputs, i) }));
}
