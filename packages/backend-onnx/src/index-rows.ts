import {
  type AttrSpecs,
  argMax,
  argMin,
  gather,
  gatherElements,
  gatherNd,
  scatterNd,
  topK,
} from '@ghostc/ops';
import type { NodeWriter, WriteOp } from './node-writer.ts';
import type { OnnxAttrs } from './onnx-graph.ts';
import { argMaxPoolAttrs } from './pool-attrs.ts';

/** An op whose integer attributes have ONNX's names; booleans become 0 and 1. */
const withInts =
  (op: string, definition: { readonly attrs: AttrSpecs }): WriteOp =>
  (writer) => {
    const given: Readonly<Record<string, unknown>> = writer.attrs(definition);
    const attrs = Object.keys(definition.attrs).map((name) => [name, Number(given[name])]);
    writer.last(op, writer.inputs(), Object.fromEntries(attrs));
  };

/** Ops that compute with indices. */
export const indexRows = {
  arg_max: withInts('ArgMax', argMax),
  arg_max_pool: writeArgMaxPool,
  arg_min: withInts('ArgMin', argMin),
  gather: withInts('Gather', gather),
  gather_elements: withInts('GatherElements', gatherElements),
  gather_nd: withInts('GatherND', gatherNd),
  scatter_nd: writeScatterNd,
  top_k: writeTopK,
} as const;

function writeScatterNd(writer: NodeWriter): void {
  const { reduction } = writer.attrs(scatterNd);
  writer.last('ScatterND', writer.inputs(), reduction === 'none' ? {} : { reduction });
}

function writeTopK(writer: NodeWriter): void {
  const { k, axis, largest } = writer.attrs(topK);
  const attrs: OnnxAttrs = { axis, largest: largest ? 1 : 0, sorted: 1 };
  writer.all('TopK', [writer.input(0), writer.ints([k], 'k')], attrs);
}

/** The second output of MaxPool; the first goes unread. */
function writeArgMaxPool(writer: NodeWriter): void {
  writer.second('MaxPool', [writer.input(0)], argMaxPoolAttrs(writer));
}
