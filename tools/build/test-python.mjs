import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli } from './build-cli.mjs';
import { buildWheel } from './build-python.mjs';
import { pythonVenv } from './python-venv.mjs';
import { root } from './setup.mjs';

const needed = ['numpy==2.4.6', 'tqdm==4.70.1', 'pytest==9.2.0'];
const checker = ['mypy==1.18.2'];
const torch = ['torch', 'onnx', 'onnxscript'];

/**
 * Tests the wheel of apps/python in a fresh virtual environment: the packages that it needs are linked from one that is kept,
 * the wheel is installed anew. `packages` are further ones that the tests need.
 */
function testWheel(args, packages) {
  const kept = pythonVenv(...needed, ...packages);
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-wheel-'));
  try {
    const python = freshEnvironment(folder, kept);
    run(join(kept, 'python'), [
      '-m',
      'pip',
      '--python',
      python,
      'install',
      '--quiet',
      '--no-deps',
      buildWheel(folder),
    ]);
    const pytest = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', ...args];
    return spawnSync(python, pytest, {
      cwd: join(root, 'apps/python'),
      encoding: 'utf8',
      env: environment(),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function freshEnvironment(folder, kept) {
  const fresh = join(folder, 'fresh');
  run('python3', ['-m', 'venv', '--without-pip', fresh]);
  writeFileSync(join(packagesOf(fresh), 'kept.pth'), packagesOf(join(kept, '..')));
  return join(fresh, 'bin/python');
}

function packagesOf(environmentFolder) {
  const [version] = readdirSync(join(environmentFolder, 'lib')).filter((name) => name.startsWith('python3'));
  return join(environmentFolder, 'lib', version, 'site-packages');
}

function environment() {
  const { PYTHONPATH: _, ...env } = process.env;
  return { ...env, PYTHONDONTWRITEBYTECODE: '1', NO_COLOR: '1' };
}

/** Checks the types of the package: the output of mypy, if any. */
function checkTypes() {
  const python = join(pythonVenv(...needed, ...checker), 'python');
  return spawnSync(python, ['-m', 'mypy', '--config-file', 'pyproject.toml'], {
    cwd: join(root, 'apps/python'),
    encoding: 'utf8',
  });
}

function run(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: environment() });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/**
 * `npm run test:python [-- --torch] [PYTEST ARGS]`: types, then tests; with --torch also those that need PyTorch, a large
 * download. `--as-built` takes the bundle as it is, and leaves out the types.
 */
const asBuilt = process.argv.includes('--as-built');
if (!asBuilt) await buildCli();
const args = process.argv.slice(2).filter((arg) => arg !== '--as-built');
const packages = args.includes('--torch') ? torch : [];
for (const check of [...(asBuilt ? [] : [checkTypes]), () => testWheel(args, packages)]) {
  const { status, stdout, stderr } = check();
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  if (status !== 0) process.exitCode = 1;
}
