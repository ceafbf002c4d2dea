import { type AttrValues, argMaxPool, averagePool } from '@ghostc/ops';
import { windowForRank } from './line-form.ts';
import type { NodeWriter } from './node-writer.ts';
import type { OnnxAttrs } from './onnx-graph.ts';

type PoolAttrs = Omit<AttrValues<typeof averagePool.attrs>, 'count_include_pad'> & {
  readonly count_include_pad?: boolean;
};

/** Those of a pool; padding counts for means only. */
export function poolAttrs(writer: NodeWriter): OnnxAttrs {
  return windowAttrs(writer, writer.attrs(averagePool));
}

/** Attributes of a pool that returns indices. */
export function argMaxPoolAttrs(writer: NodeWriter): OnnxAttrs {
  const { column_major, ...attrs } = writer.attrs(argMaxPool);
  return { ...windowAttrs(writer, attrs), storage_order: column_major ? 1 : 0 };
}

function windowAttrs(writer: NodeWriter, attrs: PoolAttrs): OnnxAttrs {
  const { kernel_shape, strides, dilations } = attrs;
  const whole = attrs.ceil_mode ? wholeWindows(writer, attrs) : undefined;
  const dilated = dilations.some((step) => step !== 1);
  const pads = whole ?? attrs.pads;
  const window = { kernel_shape, strides, pads, ...(dilated ? { dilations } : {}) };
  return {
    ...windowForRank(window, writer.rank),
    ceil_mode: attrs.ceil_mode && !whole ? 1 : 0,
  };
}

/**
 * Pads that make every window of a pool with `ceil_mode` whole. Shape inference of ONNX counts a last window that starts
 * past the end of the image, which no runtime computes; without `ceil_mode` all agree. Undefined where padding counts in the mean.
 */
function wholeWindows(writer: NodeWriter, attrs: PoolAttrs): number[] | undefined {
  const { kernel_shape: kernel, strides, pads, dilations, count_include_pad } = attrs;
  const rank = kernel.length;
  // Lines are images of height 1.
  const [from, to] = [writer.value(0), writer.node.output].map(({ type }) =>
    [1, ...type.shape.slice(2)].slice(-rank),
  );
  const ends = kernel.map((k, axis) => {
    const last = (Number(to?.[axis]) - 1) * (strides[axis] ?? 1) + (k - 1) * (dilations[axis] ?? 1) + 1;
    return last - Number(from?.[axis]) - (pads[axis] ?? 0);
  });
  const held = ends.every((end, axis) => end < (kernel[axis] ?? 1));
  const spare = ends.map((end, axis) => (pads[axis + rank] ?? 0) - end);
  const counted = count_include_pad && spare.some((s, axis) => s < 0 || s >= (strides[axis] ?? 1));
  if (!held || counted) return undefined;
  const whole = ends.map((end, axis) => (count_include_pad ? (pads[axis + rank] ?? 0) : Math.max(0, end)));
  return [...pads.slice(0, rank), ...whole];
}
