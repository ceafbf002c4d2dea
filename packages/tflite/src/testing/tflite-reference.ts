import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');

/** A Python with the package ai-edge-litert: that of tools/setup-tflite-reference.mjs, or the one on the PATH. */
export function findPython(): string | undefined {
  const candidates = [join(root, '.venv-tflite/bin/python'), 'python3'];
  return candidates.find(
    (python) => spawnSync(python, ['-c', 'import ai_edge_litert.interpreter']).status === 0,
  );
}

export interface ReferenceRun {
  readonly model: Uint8Array;
  /** Bytes of each input of each set. */
  readonly inputs: readonly (readonly Uint8Array[])[];
}

/** Outputs of TFLite's reference kernels, set after set; or why the interpreter refuses the model. */
export function runReference(python: string, runs: readonly ReferenceRun[]): (Uint8Array | string)[] {
  const folder = mkdtempSync(join(tmpdir(), 'tflite-reference-'));
  try {
    const stems = runs.map((_, i) => join(folder, String(i).padStart(5, '0')));
    runs.forEach(({ model, inputs }, i) => {
      writeFileSync(`${stems[i]}.tflite`, model);
      writeFileSync(`${stems[i]}.in`, Buffer.concat(inputs.flat()));
    });
    const script = join(root, 'tools/tflite-reference.py');
    const { status, stderr } = spawnSync(python, [script, folder], { timeout: 300_000, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stems.map((stem) =>
      existsSync(`${stem}.out`) ? readFileSync(`${stem}.out`) : readFileSync(`${stem}.err`, 'utf8'),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
