import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseTuningCache, type TuningCache } from '@ghostc/runtimes';
import { cacheFolder } from './cache-folder.ts';
import { writeFiles } from './write-files.ts';

/** Where choices are kept unless the user names a file. */
export function defaultCacheFile(): string {
  return join(cacheFolder(), 'wgsl-tuning.json');
}

/** The cache in `file`; an empty one if there is no such file. */
export function readTuningCache(file: string): TuningCache {
  return parseTuningCache(existsSync(file) ? readFileSync(file, 'utf8') : undefined, file);
}

/** Throws `tune/cache` for choices that no reader would take: they may come from another machine. */
export function writeTuningCache(file: string, cache: TuningCache): void {
  const text = `${JSON.stringify(cache, null, 2)}\n`;
  parseTuningCache(text, file);
  writeFiles(dirname(file), new Map([[basename(file), text]]));
}
