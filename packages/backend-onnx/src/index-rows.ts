import { windowForRank } from './line-form.ts';
import type { NodeWriter, WriteOp } from './node-writer.ts';
import type { OnnxAttrs } from './onnx-graph.ts';

interface PoolAttrs {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly ceil_mode: boolean;
  readonly column_major: boolean;
}

/** An op whose integer attributes have ONNX's names; booleans become 0 and 1. */
const withInts =
  (op: string, ...names: readonly string[]): WriteOp =>
  (writer) => {
    const attrs = writer.attrs<Readonly<Record<string, number | boolean>>>();
    writer.last(op, writer.inputs(), Object.fromEntries(names.map((name) => [name, Number(attrs[name])])));
  };

/** Ops that compute with indices. */
export const indexRows: readonly (readonly [string, WriteOp])[] = [
  ['arg_max', withInts('ArgMax', 'axis', 'keepdims', 'select_last_index')],
  ['arg_max_pool', writeArgMaxPool],
  ['arg_min', withInts('ArgMin', 'axis', 'keepdims', 'select_last_index')],
  ['gather', withInts('Gather', 'axis')],
  ['gather_elements', withInts('GatherElements', 'axis')],
  ['gather_nd', withInts('GatherND', 'batch_dims')],
  ['scatter_nd', writeScatterNd],
  ['top_k', writeTopK],
];

function writeScatterNd(writer: NodeWriter): void {
  const { reduction } = writer.attrs<{ reduction: string }>();
  writer.last('ScatterND', writer.inputs(), reduction === 'none' ? {} : { reduction });
}

function writeTopK(writer: NodeWriter): void {
  const { k, axis, largest } = writer.attrs<{ k: number; axis: number; largest: boolean }>();
  const attrs: OnnxAttrs = { axis, largest: largest ? 1 : 0, sorted: 1 };
  writer.all('TopK', [writer.input(0), writer.ints([k], 'k')], attrs);
}

/** The second output of MaxPool; the first goes unread. */
function writeArgMaxPool(writer: NodeWriter): void {
  const { column_major, ceil_mode, ...window } = writer.attrs<PoolAttrs>();
  const { kernel_shape, strides, pads, dilations } = window;
  writer.second('MaxPool', [writer.input(0)], {
    ...windowForRank({ kernel_shape, strides, pads, dilations }, writer.rank),
    ceil_mode: ceil_mode ? 1 : 0,
    storage_order: column_major ? 1 : 0,
  });
}
