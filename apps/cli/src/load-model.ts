import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, relative, resolve, sep } from 'node:path';
import { readModel } from '@ghostc/compiler';
import { buildFromSpec, isModelSpec } from '@ghostc/ghostnet';
import { CompileError, type Graph, parseGraph, type Tensor, verify } from '@ghostc/ir';
import { boundInputs, checkExternalLocation } from '@ghostc/onnx';
import { bindDimensions, type Rounding, registry } from '@ghostc/ops';
import { readSafetensors } from '@ghostc/safetensors';
import { isTflite, readTflite } from '@ghostc/tflite';
import { withHint } from './format-hint.ts';

/** Larger files are refused before they are read. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

export interface LoadedModel {
  readonly graph: Graph;
  /** As the user named it. */
  readonly label: string;
  /** Name for output files when the user gives none. */
  readonly name: string;
  /** Size of the file, and of its external weights; infinite for a specification. */
  readonly bytes: number;
  /** The file, if it is ONNX: ONNX Runtime can run it directly. */
  readonly onnx?: {
    readonly bytes: Uint8Array;
    readonly path: string;
    /** Inputs that `bind` gives. */
    readonly given: ReadonlyMap<string, Tensor>;
  };
}

export interface LoadOptions {
  /** Weights for `ghostnet:` models: a `.safetensors` file, or a seed. */
  readonly weights?: string | undefined;
  readonly seed?: number | undefined;
  /** Rounding of quantised layers of an ONNX model that do not specify it. */
  readonly rounding?: Rounding | undefined;
  /** Keep nodes of an ONNX model that the graph cannot represent. */
  readonly keepUnknown?: boolean;
  /** Tensors at which a TFLite model ends, replacing its own outputs. */
  readonly outputs?: readonly string[] | undefined;
  /** Sizes of symbolic dimensions and values of scalar inputs, by the names in the file. */
  readonly bind?: ReadonlyMap<string, number> | undefined;
}

/** Loads MODEL: an `.onnx` or `.tflite` file, a `.gir` text, or a spec such as `ghostnet:1.0@224`. Throws CompileError with the file. */
export function loadModel(model: string, options: LoadOptions = {}): LoadedModel {
  const { rounding, keepUnknown = false, bind = new Map(), outputs } = options;
  if (isModelSpec(model) && !existsSync(model)) {
    const spec = loadSpec(model, options);
    return { ...spec, graph: bindDimensions(spec.graph, bind) };
  }
  const bytes = withHint(model, () => readModelFile(model));
  const text = extname(model) === '.gir';
  const { graph, weightBytes } = text
    ? loadText(model, bytes)
    : withHint(model, () => loadBinary(model, bytes, { rounding, bind, keepUnknown, outputs }));
  const loaded = { graph, label: model, name: defaultName(model), bytes: bytes.length + weightBytes };
  if (text) return { ...loaded, graph: bindDimensions(graph, bind) };
  const tflite = extname(model) === '.tflite' || isTflite(bytes);
  if (tflite) return loaded;
  return {
    ...loaded,
    onnx: { bytes, path: resolve(model), given: bind.size ? boundInputs(bytes, bind) : new Map() },
  };
}

/** `dir/model.onnx` is named after its folder: every published zoo calls its files so. */
function defaultName(path: string): string {
  const stem = basename(path, extname(path));
  return stem === 'model' ? basename(dirname(resolve(path))) : stem;
}

function loadSpec(model: string, { weights, seed = 1 }: LoadOptions): LoadedModel {
  const state =
    weights === undefined
      ? { seed }
      : { stateDict: readSafetensors(readModelFile(weights), { file: weights }) };
  return { graph: buildFromSpec(model, state), label: model, name: model, bytes: Number.POSITIVE_INFINITY };
}

interface Loaded {
  readonly graph: Graph;
  /** Of the files next to the model's own. */
  readonly weightBytes: number;
}

function loadText(path: string, bytes: Uint8Array): Loaded {
  const sidecar = `${path}.safetensors`;
  const weights = existsSync(sidecar) ? readModelFile(sidecar) : undefined;
  const resources: ReadonlyMap<string, Tensor> = weights
    ? readSafetensors(weights, { file: sidecar })
    : new Map();
  try {
    const graph = parseGraph(new TextDecoder().decode(bytes), { registry, resources, file: path });
    verify(graph, registry);
    return { graph, weightBytes: weights?.length ?? 0 };
  } catch (error) {
    throw error instanceof CompileError ? error.at({ file: path }) : error;
  }
}

/** ONNX or TFLite, by content. A file called .tflite that is not one gets the error of that reader. */
function loadBinary(
  path: string,
  bytes: Uint8Array,
  known: {
    rounding: Rounding | undefined;
    bind: ReadonlyMap<string, number>;
    keepUnknown: boolean;
    outputs: readonly string[] | undefined;
  },
): Loaded {
  const folder = dirname(resolve(path));
  const beside = new Map<string, number>();
  const external = (location: string): Uint8Array => {
    const data = readExternal(folder, location);
    beside.set(location, data.length);
    return data;
  };
  const options = { ...known, file: path, external };
  const read = extname(path) === '.tflite' && !isTflite(bytes) ? readTflite : readModel;
  const graph = read(bytes, options);
  return { graph, weightBytes: [...beside.values()].reduce((sum, length) => sum + length, 0) };
}

/** External data must lie in the model's own folder, also after links are followed. */
function readExternal(folder: string, location: string): Uint8Array {
  checkExternalLocation(location);
  const path = resolve(folder, location);
  if (!existsSync(path))
    throw new CompileError(
      'onnx/external-data',
      `external data ${location} does not exist in the model's folder`,
    );
  const inside = relative(realpathSync(folder), realpathSync(path));
  if (inside.startsWith('..') || isAbsolute(inside) || inside.split(sep).includes('..')) {
    throw new CompileError('onnx/external-data', `external data ${location} leads out of the model's folder`);
  }
  if (statSync(path).nlink > 1)
    throw new CompileError(
      'onnx/external-data',
      `external data ${location} is a hard link; expected a file of its own`,
    );
  return readModelFile(path);
}

function readModelFile(path: string): Uint8Array {
  if (!existsSync(path)) throw new CompileError('file/missing', 'there is no such file', { file: path });
  const { size } = statSync(path);
  if (!statSync(path).isFile())
    throw new CompileError('file/kind', 'expected a file, found something else', { file: path });
  if (size > MAX_MODEL_BYTES)
    throw new CompileError('file/size', `expected at most ${MAX_MODEL_BYTES} bytes, found ${size}`, {
      file: path,
    });
  return readFileSync(path);
}
