import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { readModel } from '@ghostc/compiler';
import { changeBatch, loadOnnx, saveOnnx } from '@ghostc/edit';
import { CompileError, type Dim, type Graph, messageOf } from '@ghostc/ir';
import { compareModels, type Judged, type Pair } from './compare-models.ts';

/** Every .onnx below a folder, or the file itself. */
export function modelsBelow(folder: string): ModelFile[] {
  if (statSync(folder).isFile()) return [{ path: folder }];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => ({ path: join(folder, name) }));
}

/** A model, and sizes of its dimensions where it needs some. */
export interface ModelFile {
  readonly path: string;
  readonly bind?: Readonly<Record<string, number>> | undefined;
}

interface Saved extends Pair {
  readonly refused?: string;
}

/** What is changed on the way. */
export interface RoundTrip {
  readonly batch?: Dim | undefined;
  readonly opset?: number | undefined;
}

function saved(file: ModelFile, to: string, { batch, opset }: RoundTrip): Saved {
  const { path } = file;
  const data = join(path, '../test_data_set_0');
  const isItself = path.endsWith('.onnx') && !file.bind;
  const pair = {
    name: relative(process.cwd(), path),
    from: isItself ? resolve(path) : `${to}.source.onnx`,
    to,
    data: existsSync(data) && isItself ? resolve(data) : null,
    batch: batch !== undefined,
    opset: opset ?? null,
  };
  try {
    const graph = loaded(file);
    if (!isItself) writeFileSync(pair.from, saveOnnx(graph));
    const changed = batch === undefined ? graph : changeBatch(graph, batchOf(graph, batch));
    writeFileSync(to, saveOnnx(changed, opset === undefined ? {} : { opset }));
    return pair;
  } catch (error) {
    if (!(error instanceof CompileError)) return { ...pair, refused: `a fault: ${messageOf(error)}` };
    return { ...pair, refused: messageOf(error) };
  }
}

/** TFLite and sizes that are given have no file in ONNX yet. */
function loaded({ path, bind }: ModelFile): Graph {
  const bytes = readFileSync(path);
  const options = bind && { bind: new Map(Object.entries(bind)) };
  return path.endsWith('.onnx') ? loadOnnx(bytes, options) : readModel(bytes, options);
}

/** A number counts what the model takes at a time. */
function batchOf({ inputs }: Graph, batch: Dim): Dim {
  const size = inputs[0]?.type.shape[0];
  return typeof batch === 'number' && typeof size === 'number' ? batch * size : batch;
}

function refusedPair({ name, refused = '' }: Saved): Judged {
  return { name, status: 'refused', reason: refused };
}

/**
 * Loads and saves each model, with another batch or opset if given, and compares it with the original;
 * intermediate files are removed.
 */
export function checkRoundTrips(files: readonly ModelFile[], change: RoundTrip = {}): Judged[] {
  const out = mkdtempSync(join(tmpdir(), 'ghostc-round-trip-'));
  try {
    const pairs = files.map((file, i) => saved(file, join(out, `${i}.onnx`), change));
    return [
      ...pairs.filter(({ refused }) => refused !== undefined).map(refusedPair),
      ...compareModels(pairs.filter(({ refused }) => refused === undefined)),
    ];
  } finally {
    rmSync(out, { recursive: true });
  }
}
