import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSet, Tensors } from '@ghostc/conformance';
import type { Graph, Tensor } from '@ghostc/ir';
import { onnxInputNames, readOnnx, readTensorProto } from '@ghostc/onnx';

/** What `tools/cases/generate.py` writes beside a model that is unusual. */
interface CaseOptions {
  /** Sizes of symbolic dimensions; the ONNX target goes without. */
  readonly bind?: Readonly<Record<string, number>>;
  /** Runtime, or `read` for all of them, to a part of the message of its refusal. */
  readonly refused?: Readonly<Record<string, string>>;
  /** Outputs are held to the bit, and C runs on Cortex-M4 too. */
  readonly exact?: boolean;
  /** Allowed part of the largest output, instead of a bound by element. */
  readonly relative?: number;
  /** Runtime to why it has an answer of its own, which is not held. */
  readonly own?: Readonly<Record<string, string>>;
  /** An element on a tie of a rounding may be a step off. */
  readonly ties?: boolean;
}

/** A folder of `test-fixtures/cases`: a small model with the outputs that are right. */
export interface ModelCase {
  readonly name: string;
  readonly options: CaseOptions;
  /** The model for static targets, with sizes bound, or as it is. Throws what the reader throws. */
  read(sizes: 'bound' | 'symbolic'): { readonly model: Graph; readonly dataSet: DataSet };
}

const folder = join(import.meta.dirname, '../../../../test-fixtures/cases');

/** All cases, or those whose names start with what the environment variable CASES says. */
export function modelCases(): ModelCase[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(process.env.CASES ?? ''))
    .map(({ name }) => modelCase(name, join(folder, name)));
}

function modelCase(name: string, path: string): ModelCase {
  const bytes = readFileSync(join(path, 'model.onnx'));
  const options = readOptions(join(path, 'case.json'));
  return {
    name,
    options,
    // bounds are kept by graph and inputs: all runtimes share them
    read: remembered((sizes) => {
      const bind = sizes === 'bound' ? new Map(Object.entries(options.bind ?? {})) : undefined;
      const model = readOnnx(bytes, { file: name, ...(bind && { bind }) });
      const inputs = pairUp(onnxInputNames(bytes), readTensors(path, 'input'));
      const outputs = pairUp(
        model.outputs.map((output) => output.name),
        readTensors(path, 'output'),
      );
      return { model, dataSet: { name: 'test_data_set_0', inputs, outputs } };
    }),
  };
}

function remembered(read: ModelCase['read']): ModelCase['read'] {
  const known = new Map<string, ReturnType<ModelCase['read']>>();
  return (sizes) => {
    const found = known.get(sizes) ?? read(sizes);
    known.set(sizes, found);
    return found;
  };
}

function readOptions(file: string): CaseOptions {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

function readTensors(path: string, kind: 'input' | 'output'): Tensor[] {
  const data = join(path, 'test_data_set_0');
  const count = readdirSync(data).filter((file) => file.startsWith(kind)).length;
  return Array.from({ length: count }, (_, i) =>
    readTensorProto(readFileSync(join(data, `${kind}_${i}.pb`))),
  );
}

function pairUp(names: readonly string[], tensors: readonly Tensor[]): Tensors {
  return new Map(tensors.map((tensor, i) => [names[i] ?? '', tensor]));
}
