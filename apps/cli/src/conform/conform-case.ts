import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  allSuites,
  type ConformanceCase,
  type Runtime,
  type RuntimeResult,
  verifyCase,
  verifyModel,
} from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { readDataSets } from '../data-sets.ts';
import { loadModel } from '../load-model.ts';

/** A case for an engine. The parent and its workers know it by its name. */
export interface ConformCase {
  readonly name: string;
  /** Runs it. Throws where ghostc cannot read the model or the data. */
  judge(runtime: Runtime): Promise<RuntimeResult>;
}

/** The public suite; and every folder under `onnxTests` that holds a `model.onnx` and data sets, as ONNX's own tests do. */
export function conformCases(onnxTests: readonly string[]): ConformCase[] {
  const cases = [
    ...allSuites.flatMap((suite) => suite.cases.map(suiteCase)),
    ...onnxTests.flatMap((folder) => folderCases(folder)),
  ];
  const names = new Set<string>();
  for (const { name } of cases) {
    if (names.has(name)) throw new CompileError('cli/onnx-tests', `two cases have the name ${name}`);
    names.add(name);
  }
  return cases;
}

const suiteCase = (one: ConformanceCase): ConformCase => ({
  name: one.name,
  judge: (runtime) => verifyCase(runtime, one),
});

/** Folders are searched this deep: `node/test_add`, below the folder of all tests. */
const MAX_DEPTH = 3;

function folderCases(root: string): ConformCase[] {
  if (!existsSync(root)) throw new CompileError('file/missing', 'there is no such folder', { file: root });
  const found = modelFolders(root, '', MAX_DEPTH);
  if (found.length)
    return found.map((name) => ({
      name: `onnx/${name || basename(resolve(root))}`,
      judge: judgeFolder(join(root, name)),
    }));
  throw new CompileError('data/empty', 'expected folders with a model.onnx, found none', { file: root });
}

function modelFolders(root: string, inside: string, depth: number): string[] {
  if (existsSync(join(root, inside, 'model.onnx'))) return [inside];
  if (depth === 0) return [];
  const folders = readdirSync(join(root, inside), { withFileTypes: true }).filter((one) => one.isDirectory());
  const names = folders.map(({ name }) => name).sort();
  return names.flatMap((name) => modelFolders(root, join(inside, name), depth - 1));
}

/** What ONNX's own runner allows, where no bound can be derived. */
const ONNX_RUNNER = { relative: 1e-3, absolute: 1e-7, reason: "ONNX's own runner allows it" };

const judgeFolder =
  (folder: string) =>
  async (runtime: Runtime): Promise<RuntimeResult> => {
    const { graph, onnx } = loadModel(join(folder, 'model.onnx'));
    const dataSets = readDataSets(folder, graph);
    const source = { onnx: () => onnx?.bytes as Uint8Array };
    const original: Runtime = { ...runtime, prepare: (model) => runtime.prepare(model, source) };
    return verifyModel(original, { model: graph, dataSets, tolerance: ONNX_RUNNER, derived: 'instead' });
  };
