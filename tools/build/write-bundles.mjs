import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Puts what esbuild made (`write: false`) into place file by file: whoever runs the old one meanwhile never sees half a file. */
export function writeBundles({ outputFiles }, mode = 0o644) {
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, contents, { mode });
    renameSync(fresh, path);
  }
}
