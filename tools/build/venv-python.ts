import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The Python of a virtual environment with PyPI packages (`name==version`); made on the first call. Throws when pip cannot. */
export function venvPython(root: string, requirements: readonly string[]): string {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'tools/build/python-venv.mjs'), ...requirements],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (status !== 0) throw new Error(`${requirements.join(', ')} could not be installed`);
  return join(stdout.trim(), 'python');
}
