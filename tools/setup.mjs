import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installCommand, missingNeeds } from './system-packages.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Makes the checkout ready to run: npm packages, and a word on the system packages that are missing. */
export function setup() {
  checkNode();
  installPackages();
  reportMissing();
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 20) return;
  console.error(`ghostc needs Node 20 or newer, found ${process.versions.node}`);
  process.exit(2);
}

/** `npm ci`, unless node_modules is newer than the lock file. onnxruntime-node brings its CPU library in the package. */
function installPackages() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('installing npm packages (npm ci) ...');
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], env);
}

function reportMissing() {
  const missing = missingNeeds();
  if (missing.length === 0) return;
  for (const { target, tool } of missing) console.error(`missing: ${tool}, needed for ${target}`);
  console.error(`install with: ${installCommand(missing)}`);
  if (!process.env.GHOSTC_REQUIRE_ALL) return;
  console.error('GHOSTC_REQUIRE_ALL is set: nothing may be missing');
  process.exit(2);
}

/** Runs a command in the checkout and leaves with its exit code if it fails. */
export function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (status === 0) return;
  if (error) console.error(`${command}: ${error.message}`);
  process.exit(status ?? 1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
