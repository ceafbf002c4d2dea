import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Graph, Tensor } from '@ghostc/ir';
import { readTensorProto } from '@ghostc/onnx';

const run = promisify(execFile);

/** Newest version of the Python package that carries the tests. */
const WHEEL = 'onnx==1.22.0';

/** Where the tests are kept, inside the checkout and ignored by git. */
const CACHE = join('node_modules', '.cache', 'onnx-node-tests');

/** A model, and inputs with the outputs they must give, in the model's order: an ONNX backend test, or a case of ours. */
export interface ConformanceTest {
  /** `node/test_add`, as in the list of names; `ghostc/conv2d/dilated`. */
  readonly name: string;
  /** As ONNX; absent for quantised cases of ours, whose arithmetic ONNX's float ops only come near. */
  readonly model?: Uint8Array;
  /** What our own runtimes get; read from the model if absent. */
  readonly graph?: Graph;
  readonly sets: readonly { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] }[];
}

/** The names of the tests that matter for the inference of CNNs. */
export function relevantNames(root: string): string[] {
  return readFileSync(join(root, 'tools/conformance/relevant-onnx-tests.txt'), 'utf8').trim().split('\n');
}

/**
 * The folder with the tests: unpacked from an archive beside the checkout where there is one, else taken from the `onnx`
 * wheel, which `pip download` fetches. Both are unpacked once, by Python's own `tarfile` and `zipfile`.
 */
export async function onnxTestFolder(root: string): Promise<string> {
  const archive = join(root, '..', 'shared', 'onnx-node-tests', 'onnx-1.23.tar.gz');
  const folder = join(root, CACHE, existsSync(archive) ? 'archive' : 'wheel');
  if (existsSync(join(folder, 'node'))) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const unpacking = mkdtempSync(`${folder}-`); // two files of tests may unpack at once
  try {
    if (existsSync(archive)) await runPython(unpackTar, [archive, unpacking]);
    else await downloadWheel(unpacking);
    renameSync(unpacking, folder);
  } catch (error) {
    rmSync(unpacking, { recursive: true, force: true });
    if (!existsSync(join(folder, 'node'))) throw error;
  }
  return folder;
}

const unpackTar = `
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    tar.extractall(sys.argv[2], **({'filter': 'data'} if hasattr(tarfile, 'data_filter') else {}))
`;

const unpackWheel = `
import glob, os, sys, zipfile
prefix = 'onnx/backend/test/data/'
for wheel in glob.glob(os.path.join(sys.argv[1], '*.whl')):
    with zipfile.ZipFile(wheel) as zip:
        for info in zip.infolist():
            if info.filename.startswith(prefix) and not info.is_dir():
                info.filename = info.filename[len(prefix):]
                zip.extract(info, sys.argv[2])
    os.remove(wheel)
`;

async function downloadWheel(folder: string): Promise<void> {
  await run('python3', [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--dest',
    folder,
    WHEEL,
  ]);
  await runPython(unpackWheel, [folder, folder]);
}

async function runPython(script: string, args: readonly string[]): Promise<void> {
  await run('python3', ['-c', script, ...args]);
}

/** Reads a test; undefined if this source of the tests does not have it. */
export function readOnnxTest(folder: string, name: string): ConformanceTest | undefined {
  const inFolder = join(folder, name, 'model.onnx');
  if (existsSync(inFolder))
    return { name, model: readFileSync(inFolder), sets: readSets(join(folder, name)) };
  const file = join(folder, `${name}.onnx`);
  if (!existsSync(file)) return undefined;
  const output = readTensorProto(readFileSync(join(folder, `${name}_output_0.pb`)));
  return { name, model: readFileSync(file), sets: [{ inputs: [], outputs: [output] }] };
}

function readSets(folder: string): ConformanceTest['sets'] {
  return readdirSync(folder)
    .filter((entry) => entry.startsWith('test_data_set_'))
    .sort()
    .map((entry) => ({
      inputs: readAll(join(folder, entry), 'input'),
      outputs: readAll(join(folder, entry), 'output'),
    }));
}

function readAll(folder: string, kind: string): Tensor[] {
  const tensors: Tensor[] = [];
  for (let i = 0; existsSync(join(folder, `${kind}_${i}.pb`)); i++)
    tensors.push(readTensorProto(readFileSync(join(folder, `${kind}_${i}.pb`))));
  return tensors;
}
