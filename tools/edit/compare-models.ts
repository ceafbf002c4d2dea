import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Tool } from '@ghostc/runtimes';

/** Two files of one model, and the folder with inputs for it. */
export interface Pair {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly data: string | null;
  /** The second model has another batch: three samples are compared one after the other. */
  readonly batch?: boolean;
  /** The least opset of the second; null for the first's. */
  readonly opset?: number | null;
}

export interface Judged {
  readonly name: string;
  /** `unrunnable`: ONNX Runtime does not run the original; the rest was compared. */
  readonly status: 'same' | 'unrunnable' | 'refused' | 'invalid' | 'differs' | 'lost' | 'crash';
  readonly reason?: string;
}

/** Python with the reference checker and ONNX Runtime. */
export const onnxPython: Tool = {
  name: 'python3 with the packages onnx and onnxruntime (pip install onnx onnxruntime)',
  packages: {},
  found: () => spawnSync('python3', ['-c', 'import onnx, onnxruntime']).status === 0,
};

const script = join(process.cwd(), 'tools/edit/compare_models.py');

/**
 * Compares pairs in Python; if it dies, that is a crash of its pair, and the rest continues. Python itself ends after
 * a model that takes too long.
 */
export function compareModels(pairs: readonly Pair[]): Judged[] {
  const judged: Judged[] = [];
  while (judged.length < pairs.length) {
    const rest = pairs.slice(judged.length);
    const { stdout, stderr, error, status } = spawnSync('python3', [script], {
      input: rest.map((pair) => `${JSON.stringify(pair)}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (error) throw error;
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    judged.push(...lines.map((line): Judged => JSON.parse(line)));
    const died = rest[lines.length];
    if (died && status !== 0) judged.push({ name: died.name, status: 'crash', reason: stderr.slice(-300) });
  }
  return judged;
}
