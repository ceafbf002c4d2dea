import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { OutputFiles } from '@ghostc/compiler';
import { CompileError } from '@ghostc/ir';
import { whileLocked } from './while-locked.ts';

/** Folder of a complete set of files that waits to be moved into place: what an interrupted run left is moved by the next. */
const READY = '.ghostc-ready';
const STAGING = '.ghostc-new-';
/** Age in milliseconds after which a staging folder belongs to no running process. */
const STALE = 3_600_000;

/**
 * Writes all files or none. They are written into a fresh folder next to the targets; renaming that to READY
 * commits the new output, then each file is renamed into place. A run killed before the commit leaves the old
 * output; one killed after it leaves READY, which the next run into the folder finishes first. Names may have
 * folders (`src/net.c`); a name that leads out of the folder or is hidden is refused, as is one that Windows
 * does not allow, and a link where a folder is expected. While another process writes into the folder,
 * `write/busy` is thrown.
 */
export function writeFiles(folder: string, files: OutputFiles): string[] {
  const out = resolve(folder);
  for (const name of files.keys()) checkName(name);
  const made = makeFolder(out);
  try {
    whileLocked(out, () => {
      finishInterrupted(out);
      for (const name of files.keys()) checkTarget(out, name);
      stage(out, files);
      moveIntoPlace(out);
    });
  } catch (error) {
    removeFolders(made);
    throw error;
  }
  return [...files.keys()].map((name) => join(folder, name));
}

/** Writes the files into a fresh folder and renames it to READY. */
function stage(out: string, files: OutputFiles): void {
  const staging = mkdtempSync(join(out, STAGING));
  try {
    for (const [name, content] of files) {
      mkdirSync(dirname(join(staging, name)), { recursive: true });
      writeFileSync(join(staging, name), content, { flush: true });
    }
    renameSync(staging, join(out, READY));
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw error;
  }
}

/** Makes a folder with those above it; gives those made. Level by level: Node's own way never ends below /proc. */
export function makeFolder(path: string): string[] {
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return [];
    throw new CompileError('write/folder', 'expected a folder, found a file', { file: path });
  }
  const above = dirname(path) === path ? [] : makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it since.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return above;
    removeFolders(above);
    throw error;
  }
  return [...above, path];
}

/** The innermost first; folders into which another process has put something are kept. */
function removeFolders(paths: readonly string[]): void {
  for (const path of [...paths].reverse()) {
    try {
      rmdirSync(path);
    } catch {
      return;
    }
  }
}

/** A file cannot replace a folder, or be inside a file. Checked before anything is moved. */
function checkTarget(out: string, name: string): void {
  const parts = name.split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    const file = join(out, ...parts.slice(0, depth));
    if (depth < parts.length) refuseLink(file);
    if (!existsSync(file) || statSync(file).isDirectory() === depth < parts.length) continue;
    const found =
      depth < parts.length ? 'a file is in the way of a folder' : 'a folder is in the way of the file';
    throw new CompileError('write/target', found, { file });
  }
}

/** A link would lead to somebody's files. */
function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new CompileError('write/link', 'expected a folder, found a link', { file: path });
}

/** Moves a complete output that a killed run left, and removes incomplete ones. */
export function finishInterrupted(out: string): void {
  refuseLink(join(out, READY));
  if (existsSync(join(out, READY))) moveIntoPlace(out);
  for (const name of readdirSync(out)) {
    const path = join(out, name);
    if (name.startsWith(STAGING) && Date.now() - lstatSync(path).mtimeMs > STALE)
      rmSync(path, { recursive: true, force: true });
  }
}

/** Devices of Windows, with or without an extension. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

function checkName(name: string): void {
  const plain = (part: string): boolean => /^[A-Za-z0-9_][\w.+-]*$/.test(part) && !part.endsWith('.');
  if (name.split('/').every((part) => plain(part) && !deviceName.test(part))) return;
  throw new CompileError('write/name', `${JSON.stringify(name)} is no plain file name`);
}

function moveIntoPlace(out: string): void {
  const ready = join(out, READY);
  for (const entry of readdirSync(ready, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const name = relative(ready, source);
    checkName(name.replaceAll(sep, '/'));
    checkTarget(out, name.replaceAll(sep, '/'));
    const target = join(out, name);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(source, target);
  }
  rmSync(ready, { recursive: true });
}
