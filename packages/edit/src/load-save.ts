import { emitOnnx, type OnnxOptions } from '@ghostc/backend-onnx';
import type { Graph } from '@ghostc/ir';
import { type ReadOptions, readOnnx } from '@ghostc/onnx';
import { checked } from './copy-graph.ts';

/** A verified graph of an ONNX model. */
export function loadOnnx(bytes: Uint8Array, options: ReadOptions = {}): Graph {
  return checked(readOnnx(bytes, options));
}

/** An ONNX model of a graph that the verifier passes. */
export function saveOnnx(graph: Graph, options: OnnxOptions = {}): Uint8Array {
  return emitOnnx(checked(graph), options);
}
