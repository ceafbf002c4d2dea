import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildCli } from './build-cli.mjs';
import { root } from './setup.mjs';

/** Makes the wheel of apps/python around the bundled command; gives its path. As a command: `npm run build:python [FOLDER]`. */
export function buildWheel(folder = join(root, 'dist')) {
  const backend = join(root, 'apps/python/build_backend.py');
  return execFileSync('python3', ['-B', backend, folder], { encoding: 'utf8' }).trim();
}

if (process.argv[1]?.endsWith('build-python.mjs')) {
  await buildCli();
  console.log(buildWheel(process.argv[2]));
}
