import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { sourceHash } from '@ghostc/compiler';
import type { NoiseQuestion, NoiseStore } from '@ghostc/conformance';
import { toBytes } from '@ghostc/ir';
import { cacheFolder } from './cache-folder.ts';
import { version } from './version.ts';
import { writeFiles } from './write-files.ts';

/** Larger outputs are computed anew. */
const MOST_ELEMENTS = 2 ** 20;
/** The oldest go. */
const MOST_FILES = 64;

/**
 * Rounding noise in files of the user's cache folder, by model, data and build of the command. A cache that cannot be read or
 * written is none.
 */
export function noiseStore(folder = join(cacheFolder(), 'noise')): NoiseStore {
  return (question, make) => {
    const name = nameOf(question);
    const kept = ifPossible(() => deserialize(readFileSync(join(folder, name))));
    if (kept instanceof Map) return kept;
    const noise = make();
    const elements = [...noise.values()].reduce((sum, { sigma }) => sum + sigma.length, 0);
    if (elements <= MOST_ELEMENTS) ifPossible(() => keep(folder, name, serialize(noise)));
    return noise;
  };
}

/** Undefined where the file system or what lies there is in the way. */
function ifPossible<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}

function nameOf({ model, inputs, kind }: NoiseQuestion): string {
  const hash = createHash('sha256').update(`${version} ${build()} ${kind} ${sourceHash(model)}`);
  for (const [name, { dtype, shape, data }] of inputs)
    hash.update(`\0${name} ${dtype} ${shape.join()}\0`).update(toBytes(data));
  return hash.digest('hex');
}

/** What the command is built from may change while its version does not. */
function build(): string {
  const { mtimeMs, size } = statSync(process.argv[1] ?? process.execPath);
  return `${mtimeMs} ${size}`;
}

function keep(folder: string, name: string, content: Uint8Array): void {
  writeFiles(folder, new Map([[name, content]]));
  const age = (name: string): number => statSync(join(folder, name)).mtimeMs;
  const files = readdirSync(folder).sort((a, b) => age(b) - age(a));
  for (const old of files.slice(MOST_FILES)) rmSync(join(folder, old), { force: true });
}
