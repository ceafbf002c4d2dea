import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Simplifiers of ONNX models that our optimiser is held against, with the versions that the figures are about. */
export const peers = ['onnxslim', 'onnxsim'] as const;
export type Peer = (typeof peers)[number];

const REQUIREMENTS = ['onnxslim==0.1.98', 'onnxsim==0.8.1', 'onnx==1.23.2', 'onnxruntime==1.32.0'];
const TIMEOUT = 300_000;

/** The Python of a virtual environment with the peers; made on the first call. Throws when pip cannot install them. */
export function peerPython(root: string): string {
  const folder = join(root, 'node_modules', '.cache', 'onnx-peers');
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, REQUIREMENTS.join('+').replaceAll('==', '-'));
  if (existsSync(stamp)) return python;
  console.error(`making ${folder} with ${REQUIREMENTS.join(', ')} ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  must(
    'python3',
    ['-m', 'venv', folder],
    'python3 with venv is needed (Debian: apt-get install python3-venv)',
  );
  must(python, ['-m', 'pip', 'install', '--quiet', ...REQUIREMENTS], 'pip could not install the peers');
  writeFileSync(stamp, '');
  return python;
}

/** Runs a peer on a model file; why it did not, or null. */
export function simplify(
  root: string,
  peer: Peer,
  { python, source, target }: { python: string; source: string; target: string },
): string | null {
  const script = join(root, 'tools', 'simplify-onnx.py');
  const { status, stderr, error } = spawnSync(python, [script, peer, source, target], {
    encoding: 'utf8',
    timeout: TIMEOUT,
  });
  if (status === 0 && existsSync(target)) return null;
  const timedOut = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  return timedOut
    ? `no result in ${TIMEOUT / 1000} s`
    : (error?.message ?? stderr.trim().split('\n').at(-1) ?? `exit code ${status}`);
}

function must(command: string, args: readonly string[], what: string): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 600_000 });
  if (status !== 0) throw new Error(`${what}\n${error?.message ?? stderr.trim()}`);
}
