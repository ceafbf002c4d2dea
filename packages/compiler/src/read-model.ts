import { type Graph, verify, withLocation } from '@ghostc/ir';
import { type ReadOptions, readOnnx } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { isTflite, type ReadTfliteOptions, readTflite } from '@ghostc/tflite';

/** Options of both readers; `outputs` is only for TFLite. */
export type ReadModelOptions = ReadOptions & Pick<ReadTfliteOptions, 'outputs'>;

/**
 * Reads a model file into a verified graph: TFLite by its identifier (TFL3 at byte 4), anything else as ONNX.
 * Throws CompileError with the file name, if given.
 */
export function readModel(bytes: Uint8Array, options: ReadModelOptions = {}): Graph {
  return withLocation(options.file === undefined ? {} : { file: options.file }, () => {
    const graph = isTflite(bytes) ? readTflite(bytes, options) : readOnnx(bytes, options);
    verify(graph, registry);
    return graph;
  });
}
