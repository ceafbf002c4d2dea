import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emitOnnx } from '@ghostc/backend-onnx';
import type { Runtime, Tensors } from '@ghostc/conformance';
import { CompileError, entryOf, type Graph } from '@ghostc/ir';
import { writeTensorProto } from '@ghostc/onnx';
import { makeTempFolder } from '../process/temp-folder.ts';
import { namedOutputs } from './named-outputs.ts';
import { ShellProcess, within } from './shell-process.ts';

/** The exit code of an engine that does not compute a model; automake's for a test that is skipped. */
const REFUSED = 77;

/** One process a run: `input_N.pb` are in `{inputs}`, and the command leaves `output_N.pb` in `{outputs}`. */
export function runInFiles(command: string, timeout: number): Runtime['prepare'] {
  return async (model, source) => {
    const folder = await makeTempFolder();
    const [file, inputs, outputs] = ['model.onnx', 'inputs', 'outputs'].map((name) =>
      join(folder.path, name),
    );
    const paths = { model: file, inputs, outputs } as Record<string, string>;
    await writeFile(join(folder.path, 'model.onnx'), source?.onnx() ?? emitOnnx(model));
    const line = command.replace(/\{(model|inputs|outputs)\}/g, (_, key: string) => paths[key] as string);
    return {
      dispose: () => folder.remove(),
      run: async (tensors) => {
        await fillFolders(folder.path, model, tensors);
        await runLine(line, timeout);
        return namedOutputs(model, await readOutputs(folder.path, model));
      },
    };
  };
}

async function fillFolders(folder: string, model: Graph, tensors: Tensors): Promise<void> {
  for (const name of ['inputs', 'outputs']) await mkdir(join(folder, name), { recursive: true });
  for (const [i, { name }] of model.inputs.entries())
    await writeFile(join(folder, 'inputs', `input_${i}.pb`), writeTensorProto(entryOf(tensors, name), name));
}

function readOutputs(folder: string, model: Graph): Promise<Uint8Array[]> {
  const files = model.outputs.map((_, i) => join(folder, 'outputs', `output_${i}.pb`));
  return Promise.all(files.filter((file) => existsSync(file)).map((file) => readFile(file)));
}

async function runLine(line: string, timeout: number): Promise<void> {
  const started = new ShellProcess(line);
  started.child.stdout.resume(); // what it prints is its own affair
  started.child.stdin.end();
  const ending = await within(timeout, started.ended);
  if (ending === 'late') {
    started.kill();
    throw new CompileError('engine/timeout', `${line} took longer than ${timeout} s${started.words}`);
  }
  if (ending.code === REFUSED)
    throw new CompileError('engine/refused', started.words.slice(2) || 'no reason given');
  if (ending.code !== 0) throw new CompileError('engine/died', `${line} ${ending.text}${started.words}`);
}
