import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tool } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';

/** Python with the `onnx` package: the reference checker. */
export const onnxChecker: Tool = {
  name: 'python3 with the package onnx (pip install onnx)',
  packages: ['python3-onnx'],
  found: () => spawnSync('python3', ['-c', 'import onnx']).status === 0,
};

const script = 'import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)';

/** Runs `onnx.checker` with full checks; throws with its words when the model is not valid. */
export async function checkOnnx(bytes: Uint8Array): Promise<void> {
  await withModelFile(bytes, 'python3', ['-c', script]);
}

const decoder = `
const { onnx } = require('onnx-proto');
const { graph } = onnx.ModelProto.decode(require('node:fs').readFileSync(process.argv[1]));
const names = (list) => list.map(({ name }) => name);
console.log(JSON.stringify({ inputs: names(graph.input), outputs: names(graph.output), ops: graph.node.map(({ opType }) => opType) }));
`;

/** What the npm package onnx-proto, with a protobuf library of its own, reads in a model that we wrote. */
export async function decodeIndependently(
  bytes: Uint8Array,
): Promise<{ inputs: string[]; outputs: string[]; ops: string[] }> {
  return JSON.parse(await withModelFile(bytes, process.execPath, ['-e', decoder]));
}

async function withModelFile(bytes: Uint8Array, command: string, args: readonly string[]): Promise<string> {
  const folder = await makeTempFolder();
  try {
    const file = join(folder.path, 'model.onnx');
    await writeFile(file, bytes);
    return await runProcess(command, [...args, file], { cwd: import.meta.dirname, timeout: 120 });
  } finally {
    await folder.remove();
  }
}
