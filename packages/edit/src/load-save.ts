import { emitOnnx, type OnnxOptions } from '@ghostc/backend-onnx';
import type { Graph } from '@ghostc/ir';
import { ExternalData, type ReadOptions, readOnnx } from '@ghostc/onnx';
import { checked } from './copy-graph.ts';

/** A verified graph of an ONNX model. Nodes of unsupported ops are kept unchanged. */
export function loadOnnx(bytes: Uint8Array, options: ReadOptions = {}): Graph {
  return checked(readOnnx(bytes, { keepUnknown: true, ...options }));
}

/**
 * An ONNX model of a verified graph: in the opset that it was read from, or the first later one that can
 * express it, with its metadata, doc strings, producer and domains.
 */
export function saveOnnx(graph: Graph, options: OnnxOptions = {}): Uint8Array {
  const { source } = graph;
  return emitOnnx(checked(graph), { source, opset: source?.opset, ...options });
}

/**
 * A model whose weights are in a separate file: `location` is its path relative to the model's folder, where
 * ONNX Runtime looks for it. Throws `onnx/external-data` for a location outside that folder. `loadOnnx` reads
 * it with its option `external`.
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
