import { basename } from 'node:path';
import { emitOnnx, type OnnxOptions } from '@ghostc/backend-onnx';
import { type OutputFiles, sourceHash } from '@ghostc/compiler';
import { type Graph, printGraph } from '@ghostc/ir';
import { writeSafetensors } from '@ghostc/safetensors';

/**
 * The files of a graph written to `path`: `.onnx`, or the text form with its weights in a `.safetensors` file
 * of the same name.
 */
export function graphFiles(graph: Graph, path: string, options: OnnxOptions = {}): OutputFiles {
  const name = basename(path);
  return name.endsWith('.onnx')
    ? new Map([[name, emitOnnx(graph, { sourceHash: sourceHash(graph), ...options })]])
    : textFiles(graph, name);
}

/** The text form and its weights. */
export function textFiles(graph: Graph, name: string): OutputFiles {
  const { text, resources } = printGraph(graph);
  return new Map<string, string | Uint8Array>([
    [name, text],
    [`${name}.safetensors`, writeSafetensors(resources)],
  ]);
}
