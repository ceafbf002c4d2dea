import { emitOnnx, type OnnxOptions } from '@ghostc/backend-onnx';
import type { Graph } from '@ghostc/ir';
import { ExternalData, type ReadOptions, readOnnx } from '@ghostc/onnx';
import { checked } from './copy-graph.ts';

/** A verified graph of an ONNX model. Nodes of ops that have no form here stay as they are. */
export function loadOnnx(bytes: Uint8Array, options: ReadOptions = {}): Graph {
  return checked(readOnnx(bytes, { keepUnknown: true, ...options }));
}

/**
 * An ONNX model of a graph that the verifier passes: of the opset that it was read from, or the first later one that can say
 * it, with its metadata, doc strings, producer and domains.
 */
export function saveOnnx(graph: Graph, options: OnnxOptions = {}): Uint8Array {
  const { source } = graph;
  return emitOnnx(checked(graph), { source, opset: source?.opset, ...options });
}

/**
 * A model whose weights lie in a file of their own: `location` is its path from the model's folder, where ONNX Runtime looks for it.
 * Throws `onnx/external-data` for a location outside of that folder. `loadOnnx` reads it with its option `external`.
 */
export function saveOnnxExternal(
  graph: Graph,
  location: string,
  options: OnnxOptions = {},
): { readonly model: Uint8Array; readonly data: Uint8Array } {
  const external = new ExternalData(location);
  const model = saveOnnx(graph, { ...options, external });
  return { model, data: external.bytes() };
}
