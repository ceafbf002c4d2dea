import type { Graph, Node, Tensor, Value } from '@ghostc/ir';
import { buildNode, concat } from '@ghostc/ops';

/** Channels `from` up to, not including, `to`. */
export type ChannelRange = readonly [from: number, to: number];

/** How a node is split. */
export interface ChannelSplit {
  readonly ranges: readonly ChannelRange[];
  /** What a range reads in place of an input. */
  readonly operand: (value: Value, input: number, range: ChannelRange) => Value;
}

// y = op(x, w)   =>   y = concat(op(x, w[r0]), op(x, w[r1]), ...)
/**
 * Replaces a node by one for each range of its output channels, in order, and their concat, which it returns.
 */
export function splitChannels(graph: Graph, node: Node, { ranges, operand }: ChannelSplit): Node {
  const { op, attrs, origin, output } = node;
  const parts = ranges.map((range) => {
    const inputs = node.inputs.map((value, i) => value && operand(value, i, range));
    return buildNode(graph, { op, inputs, attrs, origin, before: node }).output;
  });
  const join = { op: concat.name, inputs: parts, attrs: { axis: 1 }, origin, before: node };
  const joined = buildNode(graph, join);
  graph.replaceAllUses(output, joined.output);
  graph.remove(node);
  return joined;
}

/** Elements of an axis of a constant, after axes of size 1, with their scales. */
export function sliceAxis(tensor: Tensor, axis: number, [from, to]: ChannelRange): Tensor {
  const { shape, data, quant } = tensor;
  const inner = data.length / (shape[axis] || 1);
  const own = quant?.axis === axis && {
    quant: { ...quant, scale: quant.scale.slice(from, to), zeroPoint: quant.zeroPoint.slice(from, to) },
  };
  const sizes = shape.map((dim, i) => (i === axis ? to - from : dim));
  return { ...tensor, shape: sizes, data: data.slice(from * inner, to * inner), ...own };
}
