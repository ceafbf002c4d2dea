import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';

/**
 * Packs every package that npm gets, as a release does, and uses them as strangers would: `npm run check:packages`. publint and
 * arethetypeswrong read the tarballs; a project takes them under npm, pnpm and Deno; `npx ghostc` starts in an empty folder with
 * an empty cache.
 */
const work = mkdtempSync(join(tmpdir(), 'ghostc-packages-'));
const limits = { seconds: 15, bytes: 40e6 };

try {
  const tarballs = pack();
  for (const file of tarballs) lint(file);
  const own = tarballs.find((file) => /ghostc-\d/.test(file.slice(work.length)));
  consume('npm', ['install', ...tarballs]);
  consume('pnpm', ['add', own]);
  deno(join(work, 'npm'));
  measureNpx(own);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** All are built at once; a release does the same for each package by `prepack`. */
function pack() {
  const folder = join(work, 'tarballs');
  mkdirSync(folder);
  const names = ['ghostc', ...readdirSync(join(root, 'packages')).map((name) => `@ghostc/${name}`)];
  run('npx', ['turbo', 'run', 'build', ...names.map((name) => `--filter=${name}`)], { cwd: root });
  const workspaces = names.map((name) => `--workspace=${name}`);
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, ...workspaces], {
    cwd: root,
  });
  return readdirSync(folder).map((name) => join(folder, name));
}

function lint(file) {
  npx('publint@0.3', ['publint', file, '--strict']);
  // `testing` of a package is for this repository, and not packed
  const flags = ['--profile', 'esm-only', '--exclude-entrypoints', 'testing', '--format', 'ascii', '--quiet'];
  npx('@arethetypeswrong/cli@0.18', ['attw', file, ...flags]);
}

/** A project of TypeScript that is strict: types, then what it prints. */
function consume(manager, install) {
  const folder = join(work, manager);
  cpSync(join(root, 'test-fixtures/consumer'), folder, { recursive: true });
  const tool = manager === 'npm' ? ['npm', install] : ['npx', ['--yes', 'pnpm@10', ...install]];
  run(...tool, { cwd: folder });
  run(process.execPath, [join(root, 'node_modules/typescript-7/bin/tsc'), '-p', '.'], { cwd: folder });
  expectPrinted(run(process.execPath, ['dist/main.js'], { cwd: folder }), manager);
}

/** Deno takes what npm installed, and checks the types itself. */
function deno(folder) {
  const command = join(root, 'node_modules/deno/deno');
  const flags = ['--no-lock', '--node-modules-dir=manual', '--allow-read', '--allow-env'];
  expectPrinted(run(command, ['run', '--check', ...flags, 'main.ts'], { cwd: folder }), 'deno');
}

function expectPrinted(text, name) {
  if (text.trim() !== 'net.h net.c net_weights.c') throw new Error(`${name}: the project printed ${text}`);
  console.log(`${name}: installed, tsc --strict, runs`);
}

function measureNpx(tarball) {
  const folder = join(work, 'empty');
  const cache = join(work, 'cache');
  mkdirSync(folder);
  const start = performance.now();
  const args = ['--yes', `--cache=${cache}`, `--package=${tarball}`, 'ghostc', 'compile'];
  run('npx', [...args, 'ghostnet:0.5@96', '--target', 'c', '--out', 'out'], { cwd: folder });
  const seconds = (performance.now() - start) / 1000;
  const bytes = sizeOf(cache);
  console.log(`npx ghostc compile: ${seconds.toFixed(1)} s, ${(bytes / 1e6).toFixed(1)} MB installed`);
  if (bytes > limits.bytes || seconds > limits.seconds)
    throw new Error(`expected at most ${limits.seconds} s and ${limits.bytes} bytes`);
}

function sizeOf(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function npx(name, args) {
  return run('npx', ['--yes', `--package=${name}`, ...args], { cwd: work });
}

function run(command, args, options) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
  } catch (error) {
    console.error(`${command} ${args.join(' ')}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
    throw error;
  }
}
