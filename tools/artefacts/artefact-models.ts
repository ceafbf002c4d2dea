import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { readModel } from '@ghostc/compiler';
import { allSuites, caseGraph, quantizedSuites, withOneImage } from '@ghostc/conformance';
import { type Graph, parseGraph, verify } from '@ghostc/ir';
import { bindDimensions, registry } from '@ghostc/ops';

/** A model that is compiled for its hashes. */
export interface ArtefactModel {
  readonly name: string;
  /** The model as stored, or with a size for every dimension. Throws what the reader throws. */
  read(sizes: 'symbolic' | 'bound'): Graph;
}

/** Heights and widths of models that leave them open. */
const SIDE = 32;
const folders = ['test-fixtures', '../shared/models'];

/** Every model of the fixtures, those in `../shared/models` where it exists, and every case of the conformance suites. */
export function artefactModels(): ArtefactModel[] {
  const files = folders.filter(existsSync).flatMap(filesUnder);
  const stored = files.filter((file) => /\.(onnx|tflite|gir)$/.test(file)).map(storedModel);
  return [...stored, ...conformanceModels()];
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesUnder(path) : [path]));
}

function storedModel(file: string): ArtefactModel {
  return {
    name: relative(file.startsWith('..') ? '..' : '.', file),
    read: (sizes) => {
      const model = readStored(file);
      return sizes === 'bound' ? withSizes(model, join(dirname(file), 'case.json')) : model;
    },
  };
}

function readStored(file: string): Graph {
  if (extname(file) !== '.gir') return readModel(readFileSync(file), { file });
  const graph = parseGraph(readFileSync(file, 'utf8'), { registry, file });
  verify(graph, registry);
  return graph;
}

/** Sizes from the case's options, by default for one image. */
function withSizes(model: Graph, options: string): Graph {
  const { bind = {} } = existsSync(options) ? JSON.parse(readFileSync(options, 'utf8')) : {};
  const sizes = new Map<string, number>(Object.entries(bind));
  return withOneImage(sizes.size ? bindDimensions(model, sizes) : model, SIDE);
}

function conformanceModels(): ArtefactModel[] {
  const cases = [...allSuites, ...quantizedSuites].flatMap((suite) => suite.cases);
  return cases.map((one) => ({ name: `conformance/${one.name}`, read: () => caseGraph(one) }));
}
