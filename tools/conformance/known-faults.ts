import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const knownFolder = 'test-fixtures/engines/known';

/** The lines `NAME REASON` of an engine's list of expected failures, which `ghostc conform` takes too. */
export function knownFaults(engine: string): Map<string, string> {
  const file = join(knownFolder, `${engine}.txt`);
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, 'utf8').split('\n');
  const entries = lines.filter((line) => line && !line.startsWith('#'));
  return new Map(entries.map((line) => [line.replace(/ .*/, ''), line.replace(/^\S+ /, '')]));
}
