import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSet } from '@ghostc/conformance';
import { CompileError, type Graph, type Tensor } from '@ghostc/ir';
import { readTensorProto } from '@ghostc/onnx';

/** Reads `test_data_set_K/input_N.pb, output_N.pb` below `folder`: N is the position in the model's inputs and outputs. */
export function readDataSets(folder: string, model: Graph): DataSet[] {
  const outputs = model.outputs.map((output) => output.name);
  return dataSetNames(folder).map((name) => ({
    name,
    inputs: readInputs(join(folder, name), model),
    outputs: readTensors(join(folder, name), 'output', outputs),
  }));
}

/** Reads `test_data_set_K/input_N.pb` alone. */
export function readInputSets(folder: string, model: Graph): Omit<DataSet, 'outputs'>[] {
  return dataSetNames(folder).map((name) => ({ name, inputs: readInputs(join(folder, name), model) }));
}

function readInputs(folder: string, model: Graph): Map<string, Tensor> {
  return readTensors(
    folder,
    'input',
    model.inputs.map((input) => input.name),
  );
}

function dataSetNames(folder: string): string[] {
  if (!existsSync(folder))
    throw new CompileError('data/missing', 'there is no such folder', { file: folder });
  const names = readdirSync(folder).filter((name) => /^test_data_set_\d+$/.test(name));
  if (names.length === 0)
    throw new CompileError('data/empty', 'expected folders test_data_set_K, found none', { file: folder });
  return names.sort((a, b) => Number(a.slice(14)) - Number(b.slice(14)));
}

function readTensors(
  folder: string,
  kind: 'input' | 'output',
  names: readonly string[],
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  names.forEach((name, i) => {
    const file = join(folder, `${kind}_${i}.pb`);
    if (!existsSync(file))
      throw new CompileError('data/missing', `${kind} ${i} (${name}) has no file`, { file });
    tensors.set(name, readTensor(file));
  });
  return tensors;
}

function readTensor(file: string): Tensor {
  try {
    return readTensorProto(readFileSync(file));
  } catch (error) {
    throw error instanceof CompileError ? error.at({ file }) : error;
  }
}
