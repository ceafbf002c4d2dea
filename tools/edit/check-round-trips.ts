import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { loadOnnx, saveOnnx } from '@ghostc/edit';
import { messageOf } from '@ghostc/ir';
import { compareModels, type Judged, type Pair } from './compare-models.ts';

/** Every .onnx below a folder, or the file itself. */
export function modelsBelow(folder: string): string[] {
  if (statSync(folder).isFile()) return [folder];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => join(folder, name));
}

interface Saved extends Pair {
  readonly refused?: string;
}

function saved(from: string, to: string): Saved {
  const data = join(from, '../test_data_set_0');
  const pair = {
    name: relative(process.cwd(), from),
    from: resolve(from),
    to,
    data: existsSync(data) ? resolve(data) : null,
  };
  try {
    writeFileSync(to, saveOnnx(loadOnnx(readFileSync(from))));
    return pair;
  } catch (error) {
    return { ...pair, refused: messageOf(error) };
  }
}

function refusedPair({ name, refused = '' }: Saved): Judged {
  return { name, status: 'refused', reason: refused };
}

/** Each model loaded and saved, held against itself; the files in between are removed. */
export function checkRoundTrips(files: readonly string[]): Judged[] {
  const out = mkdtempSync(join(tmpdir(), 'ghostc-round-trip-'));
  try {
    const pairs = files.map((file, i) => saved(file, join(out, `${i}.onnx`)));
    return [
      ...pairs.filter(({ refused }) => refused !== undefined).map(refusedPair),
      ...compareModels(pairs.filter(({ refused }) => refused === undefined)),
    ];
  } finally {
    rmSync(out, { recursive: true });
  }
}
