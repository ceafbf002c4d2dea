import { emitTflite } from '@ghostc/backend-tflite';
import { CompileError, entryOf, fromBytes, itemAt, type Tensor, toBytes } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { lowerForTflite } from '@ghostc/passes';
import { litert, type ReferenceRun, tryReference } from '../../tflite/reference.ts';
import type { Case, Progress } from '../case.ts';
import { judge, type Outcome } from '../outcome.ts';
import { pythonWith } from './python-with.ts';

/** Models per process of Python: the number that a crash loses. */
const BATCH = 32;

/** Each model as far as TFLite can express it, on the reference kernels of ai-edge-litert. */
export async function runLitert(cases: readonly Case[], progress: Progress): Promise<void> {
  const python = pythonWith(litert);
  const written = cases.flatMap((one) => {
    const run = runOf(one);
    if (!('status' in run)) return [{ one, run }];
    one.settle('litert', run);
    return [];
  });
  for (let i = 0; i < written.length; i += BATCH) {
    progress(`litert ${i}/${written.length}`);
    const batch = written.slice(i, i + BATCH);
    const results = outputsOf(
      python,
      batch.map(({ run }) => run),
    );
    batch.forEach(({ one }, k) => {
      one.settle('litert', outcomeOf(one, itemAt(results, k)));
    });
  }
}

function runOf({ test, read }: Case): ReferenceRun | Outcome {
  if (!read) return { status: 'refused', reason: 'our reader refuses the model' };
  try {
    const graph = test.graph ? readOnnx(test.model as Uint8Array) : read.graph; // composite ops of ours in parts
    const model = emitTflite(lowerForTflite(graph.clone()));
    const tensors = read.inputs.flatMap((set) => read.graph.inputs.map(({ name }) => entryOf(set, name)));
    return { model, inputs: Buffer.concat(tensors.map(({ data }) => toBytes(data))) };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return { status: 'refused', reason: `${error.code}: ${error.detail}` };
  }
}

/** One process for all; one for each where that one ends. */
function outputsOf(python: string, runs: readonly ReferenceRun[]): (Uint8Array | Error)[] {
  try {
    return tryReference(python, runs);
  } catch (error) {
    if (runs.length === 1) return [new Error(`the process ended: ${(error as Error).message.slice(-160)}`)];
    return runs.flatMap((run) => outputsOf(python, [run]));
  }
}

function outcomeOf(one: Case, result: Uint8Array | Error): Outcome {
  if (result instanceof Error) {
    const reason = result.message.replaceAll('\n', ' ').slice(0, 200);
    return { status: reason.startsWith('the process') ? 'failed' : 'refused', reason };
  }
  let at = 0;
  const outputs = one.test.sets.map((set) =>
    set.outputs.map(({ dtype, shape, data }): Tensor => {
      const size = toBytes(data).length;
      at += size;
      return { dtype, shape, data: fromBytes(dtype, result.subarray(at - size, at)) };
    }),
  );
  return judge(one.run(one.read), outputs);
}
