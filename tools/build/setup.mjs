import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installCommand, missingNeeds } from './system-packages.mjs';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Makes the checkout ready to run: npm packages, and a word on the system packages that are missing. */
export async function setup() {
  checkNode();
  await installPackages();
  reportMissing();
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 20) return;
  console.error(`ghostc needs Node 20 or newer, found ${process.versions.node}`);
  process.exit(2);
}

/** `npm ci`, unless node_modules is newer than the lock file. onnxruntime-node brings its CPU library in the package. */
async function installPackages() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('installing npm packages (npm ci) ...');
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], env);
}

function reportMissing() {
  const missing = missingNeeds();
  if (missing.length === 0) return;
  for (const { name, targets } of missing)
    console.error(`missing: ${name}, needed for ${targets.join(', ')}`);
  console.error(`install with: ${installCommand(missing)}`);
  if (!process.env.GHOSTC_REQUIRE_ALL) return;
  console.error('GHOSTC_REQUIRE_ALL is set: nothing may be missing');
  process.exit(2);
}

/** Runs a command in the checkout and leaves with its exit code if it fails. */
export async function run(command, args, env = process.env) {
  const code = await exitCodeOf(command, args, env);
  if (code !== 0) process.exit(code);
}

/** Runs a command in the checkout; 128 and the signal's number where a signal ended it. Signals to this process go to the command. */
export async function exitCodeOf(command, args, env = process.env) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const forward = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  try {
    const [code, signal] = await once(child, 'exit');
    return code ?? 128 + constants.signals[signal];
  } catch (error) {
    console.error(`${command}: ${error.message}`);
    return 1;
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}

/** Runs a TypeScript file, named from the root of the checkout, and leaves with its exit code if it fails. */
export function runTool(file, args) {
  return run(process.execPath, [join(root, 'tools/build/run-ts.mjs'), join(root, file), ...args]);
}

/** Runs vitest with these arguments, and leaves with its exit code if a test fails. */
export function runTests(args, env) {
  return run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], env);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setup();
