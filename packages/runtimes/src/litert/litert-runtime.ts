import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileTflite } from '@ghostc/compiler';
import type { Executable, Runtime, Tensors } from '@ghostc/conformance';
import { CompileError, type Graph, itemAt, staticShape } from '@ghostc/ir';
import { requireTools } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder, type TempFolder } from '../process/temp-folder.ts';
import { packTensors, slotBytes, type TensorSlot, unpackTensors } from '../process/tensor-bytes.ts';
import { tool } from '../process/tool-table.ts';
import { litertPython } from './litert-python.ts';

/** What runs our TFLite. */
export const litertTools = [tool('ai-edge-litert')];

/** Seconds of work for all sets of inputs together: reference kernels are slow. */
const TIMEOUT = 1200;

/**
 * model.tflite on the sets of inputs in inputs.bin, to outputs.bin: by TFLite's reference kernels, or by its optimised ones for
 * a model with an operator that LiteRT's set of reference kernels has not (ELU, CEIL and ROUND in 2.3).
 */
const script = `
import sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
model, inputs, outputs = sys.argv[1:]
def prepared(kernels):
    interpreter = Interpreter(model_path=model, num_threads=1, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    return interpreter
try:
    interpreter = prepared(OpResolverType.BUILTIN_REF)
except ValueError as error:
    if "Registration failed" not in str(error):
        raise
    interpreter = prepared(OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
data, at = open(inputs, "rb").read(), 0
with open(outputs, "wb") as file:
    while True:
        for one in interpreter.get_input_details():
            dtype, count = np.dtype(one["dtype"]), int(np.prod(one["shape"]))
            interpreter.set_tensor(one["index"], np.frombuffer(data, dtype, count, at).reshape(one["shape"]))
            at += count * dtype.itemsize
        interpreter.invoke()
        for one in interpreter.get_output_details():
            file.write(interpreter.get_tensor(one["index"]).tobytes())
        if at >= len(data):
            break
`;

/** Our TFLite, on the reference kernels of LiteRT. Throws `tool/missing`, and `tflite/runtime` with its words where it refuses the model. */
export const litertRuntime: Runtime = { name: 'tflite', prepare: prepareLitert };

async function prepareLitert(model: Graph): Promise<Executable> {
  requireTools(litertTools, 'the target tflite');
  const bytes = compileTflite(model);
  const folder = await makeTempFolder();
  await writeFile(join(folder.path, 'model.tflite'), bytes);
  const runAll = (inputs: readonly Tensors[]): Promise<Tensors[]> => runSets(model, folder, inputs);
  return {
    runAll,
    run: async (inputs) => itemAt(await runAll([inputs]), 0),
    dispose: () => folder.remove(),
  };
}

async function runSets(model: Graph, { path }: TempFolder, sets: readonly Tensors[]): Promise<Tensors[]> {
  const [inputs, outputs] = slotsOf(model);
  const files = ['model.tflite', 'inputs.bin', 'outputs.bin'].map((name) => join(path, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(files[1], Buffer.concat(sets.map((set) => packTensors(inputs, set))));
  await runPython(files, path);
  const bytes = await readFile(files[2]);
  const size = outputs.reduce((sum, slot) => sum + slotBytes(slot), 0);
  if (bytes.length !== size * sets.length)
    throw new CompileError(
      'tflite/runtime',
      `LiteRT wrote ${bytes.length} bytes, expected ${size * sets.length}`,
    );
  return sets.map((_, i) => unpackTensors(outputs, bytes.subarray(i * size, (i + 1) * size)));
}

async function runPython(files: readonly string[], cwd: string): Promise<void> {
  try {
    await runProcess(litertPython() ?? 'python3', ['-c', script, ...files], { cwd, timeout: TIMEOUT });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const words = error.detail
      .split('\n')
      .filter((line) => /Error|failed|unsupported/i.test(line))
      .at(-1);
    throw new CompileError('tflite/runtime', `LiteRT refuses the model: ${words ?? error.detail}`);
  }
}

function slotsOf(model: Graph): readonly [readonly TensorSlot[], readonly TensorSlot[]] {
  const slot = (name: string, { dtype, shape }: Graph['inputs'][number]['type']): TensorSlot => ({
    name,
    dtype,
    shape: staticShape(shape),
  });
  return [
    model.inputs.map(({ name, type }) => slot(name, type)),
    model.outputs.map(({ name, value }) => slot(name, value.type)),
  ];
}
