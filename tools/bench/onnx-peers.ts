import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { venvPython } from '../build/venv-python.ts';

/**
 * Simplifiers of ONNX models with which our optimiser is compared, with the versions that the figures are
 * about.
 */
export const peers = ['onnxslim', 'onnxsim'] as const;
export type Peer = (typeof peers)[number];

const REQUIREMENTS = ['onnxslim==0.1.98', 'onnxsim==0.8.1', 'onnx==1.23.2', 'onnxruntime==1.32.0'];
const TIMEOUT = 1_200_000;

/** The Python of a virtual environment with the peers; made on the first call. Throws when pip cannot install them. */
export function peerPython(root: string): string {
  return venvPython(root, REQUIREMENTS);
}

/** Runs a peer on a model file; why it did not, or null. */
export function simplify(
  root: string,
  peer: Peer,
  { python, source, target }: { python: string; source: string; target: string },
): string | null {
  const script = join(root, 'tools/bench/simplify-onnx.py');
  const { status, stderr, error } = spawnSync(python, [script, peer, source, target], {
    encoding: 'utf8',
    timeout: TIMEOUT,
  });
  if (status === 0 && existsSync(target)) return null;
  const timedOut = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT';
  return timedOut
    ? `no result in ${TIMEOUT / 1000} s`
    : (error?.message ?? stderr.trim().split('\n').at(-1) ?? `exit code ${status}`);
}
