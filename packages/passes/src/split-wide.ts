import { byteSize, type Graph, type Node, numElements } from '@ghostc/ir';
import { conv2d, fullyConnected, qlinearConv2d, qlinearFullyConnected } from '@ghostc/ops';
import type { Pass } from './pass.ts';
import { sliceAxis, splitChannels } from './split-channels.ts';

const wide: ReadonlySet<string> = new Set(
  [conv2d, qlinearConv2d, fullyConnected, qlinearFullyConnected].map(({ name }) => name),
);

/** Maximum bytes of bias and multipliers per output channel. */
const CHANNEL = 16;
/** Kernels compute this many channels together. */
const BLOCK = 16;

// y = layer(x, w) with w beyond maxBytes   =>   y = concat(layer(x, w[0..k]), layer(x, w[k..2k]), ...)
/** Splits layers whose weights exceed a number of bytes into layers with fewer output channels. */
export function splitWide(maxBytes: number): Pass {
  return {
    name: 'split-wide',
    run(graph) {
      for (const node of [...graph.nodes()]) {
        const channels = channelsOfPart(node, maxBytes);
        if (channels > 0) split(graph, node, channels);
      }
    },
  };
}

/** 0: the layer stays whole. */
function channelsOfPart({ op, inputs: [, weight, , residual], attrs }: Node, maxBytes: number): number {
  const tensor = weight?.constant;
  if (!tensor || !wide.has(op) || residual || (attrs.group ?? 1) !== 1) return 0;
  const all = tensor.shape[0] ?? 0;
  const each = numElements(tensor.shape.slice(1)) * byteSize(tensor.dtype) + CHANNEL;
  if (all * each <= maxBytes) return 0;
  const channels = Math.max(1, Math.floor(maxBytes / each));
  return channels > BLOCK ? channels - (channels % BLOCK) : channels;
}

function split(graph: Graph, node: Node, channels: number): void {
  const all = node.inputs[1]?.constant?.shape[0] ?? 0;
  const starts = Array.from({ length: Math.ceil(all / channels) }, (_, i) => i * channels);
  splitChannels(graph, node, {
    ranges: starts.map((from) => [from, Math.min(all, from + channels)]),
    operand: (value, input, range) =>
      input > 0 && value.constant
        ? graph.addConstant(value.name, sliceAxis(value.constant, 0, range))
        : value,
  });
}
