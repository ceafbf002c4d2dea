import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareTensors, type Runtime, runEach, seededInputs, type Tensors } from '@ghostc/conformance';
import {
  byteSize,
  CompileError,
  fromBytes,
  type Graph,
  numElements,
  staticShape,
  type Tensor,
  toBytes,
  verify,
} from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { readTflite } from '@ghostc/tflite';
import { runReference } from './reference.ts';

export interface FileComparison {
  readonly model: string;
  readonly target: string;
  readonly holds: boolean;
  /** Largest difference by the largest element of the output, over all outputs. */
  readonly maxRel?: number;
  readonly problem?: string | undefined;
}

/** float32 sums in another order, by the largest element; probabilities near 0 are held to the absolute part. */
const tolerance = { relative: 1e-5, absolute: 1e-6, reason: 'float32 sums in another order' };

/** Every .tflite of a folder on one seeded input, in the given runtimes and in TFLite. A refused model is one row. */
export async function compareFolder(
  folder: string,
  python: string,
  runtimes: readonly Runtime[],
): Promise<FileComparison[]> {
  const rows: FileComparison[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.tflite'))
    .sort()) {
    process.stderr.write(`${file} ...\n`);
    rows.push(...(await compareFile(file, readFileSync(join(folder, file)), { python, runtimes })));
  }
  return rows;
}

async function compareFile(
  model: string,
  bytes: Uint8Array,
  { python, runtimes }: { python: string; runtimes: readonly Runtime[] },
): Promise<FileComparison[]> {
  const rows: FileComparison[] = [];
  try {
    const graph = readTflite(bytes, { file: model });
    verify(graph, registry);
    const inputs = seededInputs(graph, 1);
    const expected = expectedOutputs(
      graph,
      runReference(python, [{ model: bytes, inputs: bytesOf(inputs) }])[0],
    );
    for (const runtime of runtimes)
      rows.push({ model, target: runtime.name, ...(await compareOn(runtime, { graph, inputs, expected })) });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const problem = error instanceof CompileError ? error.detail : error.message;
    rows.push({ model, target: '-', holds: false, problem });
  }
  return rows;
}

function bytesOf(inputs: Tensors): Uint8Array {
  return Buffer.concat([...inputs.values()].map(({ data }) => toBytes(data)));
}

function expectedOutputs(graph: Graph, bytes: Uint8Array = new Uint8Array()): Map<string, Tensor> {
  let at = 0;
  return new Map(
    graph.outputs.map(({ name, value: { type } }) => {
      const shape = staticShape(type.shape);
      const size = numElements(shape) * byteSize(type.dtype);
      at += size;
      return [name, { dtype: type.dtype, shape, data: fromBytes(type.dtype, bytes.subarray(at - size, at)) }];
    }),
  );
}

interface Run {
  readonly graph: Graph;
  readonly inputs: Tensors;
  readonly expected: Tensors;
}

async function compareOn(
  runtime: Runtime,
  { graph, inputs, expected }: Run,
): Promise<Omit<FileComparison, 'model' | 'target'>> {
  try {
    const [outputs] = await runEach(runtime.prepare(graph), [inputs]);
    const results = [...expected].map(([name, want]) => compareTensors(want, outputs?.get(name), tolerance));
    const maxRel = Math.max(...results.map((result) => result.maxRel));
    return { holds: results.every(({ pass }) => pass), maxRel };
  } catch (error) {
    return { holds: false, problem: error instanceof CompileError ? error.detail : String(error) };
  }
}
