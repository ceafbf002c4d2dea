import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { itemAt } from '@ghostc/ir';
import type { Tool } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';

/** Python with the `onnx` package: the reference checker. */
export const onnxChecker: Tool = {
  name: 'python3 with the package onnx (pip install onnx)',
  packages: { apt: ['python3-onnx'] },
  found: () => spawnSync('python3', ['-c', 'import onnx']).status === 0,
};

const script = `import onnx, sys
for file in sys.argv[1:]: onnx.checker.check_model(onnx.load(file), full_check=True)`;

/** Runs `onnx.checker` with full checks; throws with its words when a model is not valid. */
export async function checkOnnx(...models: readonly Uint8Array[]): Promise<void> {
  await withModelFiles(models, 'python3', ['-c', script]);
}

const decoder = `
const { onnx } = require('onnx-proto');
const names = (list) => list.map(({ name }) => name);
const decoded = process.argv.slice(1).map((file) => {
  const { graph } = onnx.ModelProto.decode(require('node:fs').readFileSync(file));
  return { inputs: names(graph.input), outputs: names(graph.output), ops: graph.node.map(({ opType }) => opType) };
});
console.log(JSON.stringify(decoded));
`;

interface Decoded {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly ops: readonly string[];
}

/** What the npm package onnx-proto, with its own protobuf library, reads in models that we wrote. */
export async function decodeIndependently(...models: readonly Uint8Array[]): Promise<Decoded[]> {
  return JSON.parse(await withModelFiles(models, process.execPath, ['-e', decoder]));
}

async function withModelFiles(
  models: readonly Uint8Array[],
  command: string,
  args: readonly string[],
): Promise<string> {
  const folder = await makeTempFolder();
  try {
    const files = models.map((_, i) => join(folder.path, `model-${i}.onnx`));
    for (const [i, bytes] of models.entries()) await writeFile(itemAt(files, i), bytes);
    return await runProcess(command, [...args, ...files], { cwd: import.meta.dirname, timeout: 300 });
  } finally {
    await folder.remove();
  }
}
