import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The version whose reference kernels the committed outputs come from; `python-venv.mjs` has it too. */
export const litert = 'ai-edge-litert==2.3.0';
const root = process.cwd();

export interface ReferenceRun {
  readonly model: Uint8Array;
  /** Bytes of all inputs, set after set. */
  readonly inputs: Uint8Array;
  /** Turn integer weights of float operators ("hybrid" ones) into floats first. */
  readonly dequantize?: boolean;
}

/** Outputs of TFLite's reference kernels, set after set. Throws with the interpreter's words when it refuses a model. */
export function runReference(python: string, runs: readonly ReferenceRun[]): Uint8Array[] {
  return tryReference(python, runs).map((result) => {
    if (result instanceof Error) throw result;
    return result;
  });
}

/** The same, with the interpreter's words in place of the outputs of a model that it refuses. */
export function tryReference(python: string, runs: readonly ReferenceRun[]): (Uint8Array | Error)[] {
  return inFolder((folder) => {
    const stems = runs.map(({ dequantize, ...run }, i) =>
      write(join(folder, `${String(i).padStart(5, '0')}${dequantize ? '.dequantized' : ''}`), run),
    );
    runScript(python, folder);
    return stems.map(outcomeOf);
  });
}

/** One operator of a model, as a separate model. */
export interface Layer {
  readonly model: Uint8Array;
  readonly inputs: Uint8Array;
  readonly outputs: Uint8Array;
}

/**
 * The operators of a model, with what each reads and writes for the given input; `weights` chooses whether
 * integer weights of float operators become floats or stay, for TFLite's hybrid kernels.
 */
export function runLayers(python: string, run: ReferenceRun, weights: 'float' | 'hybrid' = 'float'): Layer[] {
  return inFolder((folder) => {
    const stem = write(join(folder, weights === 'float' ? 'model.layers' : 'model.hybrid.layers'), run);
    runScript(python, folder);
    outputOf(stem);
    const layers: Layer[] = [];
    for (let k = 0; existsSync(`${stem}.${k}.model`); k++) {
      const read = (end: string): Uint8Array => readFileSync(`${stem}.${k}.${end}`);
      layers.push({ model: read('model'), inputs: read('in'), outputs: read('out') });
    }
    return layers;
  });
}

function inFolder<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'tflite-reference-'));
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(stem: string, { model, inputs }: ReferenceRun): string {
  writeFileSync(`${stem}.tflite`, model);
  writeFileSync(`${stem}.in`, inputs);
  return stem;
}

function runScript(python: string, folder: string): void {
  const script = join(root, 'tools/tflite/reference.py');
  const { status, stderr } = spawnSync(python, [script, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

function outputOf(stem: string): Uint8Array {
  const outcome = outcomeOf(stem);
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

function outcomeOf(stem: string): Uint8Array | Error {
  if (existsSync(`${stem}.out`)) return readFileSync(`${stem}.out`);
  return new Error(`TFLite refuses the model: ${readFileSync(`${stem}.err`, 'utf8')}`);
}
