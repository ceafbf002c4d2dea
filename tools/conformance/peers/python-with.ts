import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The Python of a virtual environment with a PyPI package, made on the first call. Throws with pip's words. */
export function pythonWith(requirement: string): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(process.cwd(), 'tools/build/python-venv.mjs'), requirement],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1));
  return join(stdout.trim(), 'python');
}
