import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The version whose reference kernels the committed outputs come from. */
const version = 'ai-edge-litert==2.3.0';
const root = process.cwd();

/** A Python with the package ai-edge-litert: that of `npm run compare:tflite`, or the one on the PATH. */
export function findPython(): string | undefined {
  const candidates = [
    join(root, `node_modules/.cache/venv-${version.replaceAll('=', '_')}/bin/python`),
    'python3',
  ];
  return candidates.find(
    (python) => spawnSync(python, ['-c', 'import ai_edge_litert.interpreter']).status === 0,
  );
}

export interface ReferenceRun {
  readonly model: Uint8Array;
  /** Bytes of all inputs, set after set. */
  readonly inputs: Uint8Array;
  /** Turn integer weights of float operators ("hybrid" ones) into floats first. */
  readonly dequantize?: boolean;
}

/** Outputs of TFLite's reference kernels, set after set. Throws with the interpreter's words when it refuses a model. */
export function runReference(python: string, runs: readonly ReferenceRun[]): Uint8Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'tflite-reference-'));
  try {
    const stems = runs.map(({ dequantize }, i) =>
      join(folder, `${String(i).padStart(5, '0')}${dequantize ? '.dequantized' : ''}`),
    );
    runs.forEach(({ model, inputs }, i) => {
      writeFileSync(`${stems[i]}.tflite`, model);
      writeFileSync(`${stems[i]}.in`, inputs);
    });
    const script = join(root, 'tools/tflite/reference.py');
    const { status, stderr } = spawnSync(python, [script, folder], { timeout: 300_000, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stems.map(outputOf);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function outputOf(stem: string): Uint8Array {
  if (existsSync(`${stem}.out`)) return readFileSync(`${stem}.out`);
  throw new Error(`TFLite refuses the model: ${readFileSync(`${stem}.err`, 'utf8')}`);
}
