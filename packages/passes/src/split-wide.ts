import { byteSize, type Graph, type Node, numElements, type Tensor, type Value } from '@ghostc/ir';
import { buildNode, concat, conv2d, fullyConnected, qlinearConv2d, qlinearFullyConnected } from '@ghostc/ops';
import { sliceChannels } from './constant-math.ts';
import type { Pass } from './pass.ts';

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
  const [x = null, weight, bias] = node.inputs;
  const all = weight?.constant?.shape[0] ?? 0;
  const { op, attrs, origin, output } = node;
  const parts: Value[] = [];
  for (let from = 0; from < all; from += channels) {
    const part = (value: Value | null | undefined): Value | null => {
      const tensor = value?.constant;
      return tensor
        ? graph.addConstant(value.name, channelsOf(tensor, from, Math.min(all, from + channels)))
        : null;
    };
    const inputs = [x, part(weight), part(bias)];
    parts.push(buildNode(graph, { op, inputs, attrs, origin, before: node }).output);
  }
  const joined = buildNode(graph, {
    op: concat.name,
    inputs: parts,
    attrs: { axis: 1 },
    origin,
    before: node,
  });
  graph.replaceAllUses(output, joined.output);
  graph.remove(node);
}

function channelsOf(tensor: Tensor, from: number, to: number): Tensor {
  const { quant } = tensor;
  const own = quant?.axis === 0 && {
    quant: { ...quant, scale: quant.scale.slice(from, to), zeroPoint: quant.zeroPoint.slice(from, to) },
  };
  return { ...sliceChannels(tensor, from, to), ...own };
}
