import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { OutputFiles } from '@ghostc/compiler';
import { CompileError } from '@ghostc/ir';

/**
 * Writes all files or none: first into a fresh folder beside the targets, then each is renamed into place. Names with a
 * path in them are refused.
 */
export function writeFiles(folder: string, files: OutputFiles): string[] {
  const out = resolve(folder);
  for (const name of files.keys()) {
    if (basename(name) !== name || name.startsWith('.'))
      throw new CompileError('write/name', `${JSON.stringify(name)} is no plain file name`);
  }
  mkdirSync(out, { recursive: true });
  const staging = mkdtempSync(join(out, '.ghostc-'));
  try {
    for (const [name, content] of files) writeFileSync(join(staging, name), content);
    for (const name of files.keys()) renameSync(join(staging, name), join(out, name));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return [...files.keys()].map((name) => join(folder, name));
}
