import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededSamples } from '@ghostc/conformance';
import { itemAt, toBytes } from '@ghostc/ir';
import { encodeTflite, readTflite } from '@ghostc/tflite';
import { caseInputs, operatorCases } from '@ghostc/tflite/testing';
import { findTiny, needTiny, tinyModels } from '../bench/mlperf-tiny.ts';
import { type ReferenceRun, runReference } from './reference.ts';

/** Outputs of TFLite's reference kernels by model, base64. */
export type Outputs = Readonly<Record<string, string>>;

const fixtures = join(process.cwd(), 'test-fixtures/tflite');
export const operatorFixture = join(fixtures, 'operators.json');
export const modelFixture = join(fixtures, 'mlperf-tiny.json');
export const kerasFixture = join(fixtures, 'keras-qat.json');

/** Seeds of the inputs of each model: 1 to SEEDS. */
export const SEEDS = 100;
/** What probabilities of float networks may differ by: sums in another order, measured up to 1.2e-6. */
export const FLOAT_TOLERANCE = 1e-5;
/** Seeds of the inputs of each model that Keras trained with fake quantisation. */
export const KERAS_SEEDS = 20;
/** Sets of inputs of each operator. */
export const CASE_SETS = 2;

/** The models of MLPerf Tiny that ship as TFLite; null where they are not here. */
export function mlperfModels(): ReadonlyMap<string, Uint8Array> | null {
  return tinyModels.every(findTiny) ? neededMlperfModels() : null;
}

/** The same. Throws where one is not here, with where to get it. */
export function neededMlperfModels(): ReadonlyMap<string, Uint8Array> {
  return new Map(tinyModels.map((name) => [name, needTiny(name)]));
}

/** GhostNets that Keras trained with fake quantisation (`keras_qat.py` made them), by name. */
export function kerasModels(): ReadonlyMap<string, Uint8Array> {
  const folder = join(process.cwd(), 'test-fixtures/keras-qat');
  const files = readdirSync(folder).filter((name) => name.endsWith('.tflite'));
  return new Map(files.map((name) => [name.replace('.tflite', ''), readFileSync(join(folder, name))]));
}

export function readFixture(file: string): Outputs {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** What TFLite computes for every operator case. */
export function operatorOutputs(python: string): Outputs {
  return referenceOutputs(
    python,
    operatorCases.map((one) => ({
      name: one.name,
      model: encodeTflite(one.spec),
      inputs: Buffer.concat(caseInputs(one, CASE_SETS).flat()),
    })),
  );
}

/** What TFLite computes for every MLPerf Tiny model; float models with float weights. */
export function modelOutputs(python: string, files: ReadonlyMap<string, Uint8Array>): Outputs {
  return referenceOutputs(
    python,
    [...files].map(([name, model]) => ({
      name,
      model,
      inputs: modelInputs(model),
      dequantize: name.endsWith('_float'),
    })),
  );
}

/** What TFLite computes for every model of Keras. */
export function kerasOutputs(python: string): Outputs {
  const models = [...kerasModels()];
  return referenceOutputs(
    python,
    models.map(([name, model]) => ({ name, model, inputs: modelInputs(model, KERAS_SEEDS) })),
  );
}

/** Bytes of the seeded inputs of a model. */
export function modelInputs(model: Uint8Array, seeds = SEEDS): Uint8Array {
  const graph = readTflite(model);
  return Buffer.concat(
    seededSamples(graph, seeds).flatMap(({ inputs }) =>
      [...inputs.values()].map(({ data }) => toBytes(data)),
    ),
  );
}

function referenceOutputs(python: string, runs: readonly (ReferenceRun & { name: string })[]): Outputs {
  const outputs = runReference(python, runs);
  return Object.fromEntries(
    runs.map(({ name }, i) => [name, Buffer.from(itemAt(outputs, i)).toString('base64')]),
  );
}
