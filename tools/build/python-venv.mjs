import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup.mjs';

/** Has TFLite's reference kernels; `tflite/reference.ts` has it too. */
export const litert = 'ai-edge-litert==2.3.0';
/** Arm's compiler for Ethos-U. */
export const vela = 'ethos-u-vela==5.2.0';

/**
 * Folder of the programs (`python`, and those that the packages bring) of a virtual environment with the given PyPI packages
 * (`name==version`), made on first use below node_modules/.cache. Throws with pip's words when it cannot be made.
 * As a command it prints the folder: `node tools/build/python-venv.mjs PACKAGE==VERSION...`.
 */
export function pythonVenv(...packages) {
  const cache = join(root, 'node_modules/.cache');
  const name = packages.join('+').replace(/[^\w.+-]/g, '_');
  const folder = join(cache, `venv-${name}`);
  const done = join(folder, 'complete');
  if (existsSync(done)) return join(folder, 'bin');
  mkdirSync(cache, { recursive: true });
  const release = hold(`${folder}.lock`);
  try {
    if (!existsSync(done)) make(folder, packages);
    writeFileSync(done, '');
  } finally {
    release();
  }
  return join(folder, 'bin');
}

function make(folder, packages) {
  console.error(`installing ${packages.join(', ')} (pip) ...`);
  rmSync(folder, { recursive: true, force: true }); // what an interrupted run left
  must('python3', ['-m', 'venv', folder], 'apt-get install -y python3-venv');
  must(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--no-compile', ...packages]);
}

/** Waits until no other process that runs has the lock; gives what ends it. */
function hold(lock) {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!isHeld(lock)) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

function isHeld(lock) {
  try {
    return process.kill(Number(readFileSync(lock, 'utf8')) || process.pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function must(command, args, remedy) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  const hint = remedy ? `; install what is missing with: ${remedy}` : '';
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}${hint}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(pythonVenv(...process.argv.slice(2)));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 2;
  }
}
