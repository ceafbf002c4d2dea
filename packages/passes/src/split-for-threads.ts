import { type Graph, type Node, numElements, staticShape, type Value } from '@ghostc/ir';
import { buildNode, type ChannelPart, channelRuleOf, nodeMacs, slice } from '@ghostc/ops';
import { ChannelPieces } from './channel-pieces.ts';
import type { Pass } from './pass.ts';
import { type ChannelRange, type ChannelSplit, sliceAxis, splitChannels } from './split-channels.ts';

/** Multiply-accumulates from which a layer is worth the waiting of threads for one another. */
const LEAST_WORK = 50_000;
/** Kernels compute this many channels together. */
const BLOCK = 4;
/** Pieces of a value for each part. */
const MOST_PIECES = 4;
/** An operand with this many times fewer elements than the output is copied in pieces. */
const SMALL = 8;

// y = layer(x, w)   =>   y = concat(layer(x, w[0..k]), layer(x, w[k..]))
// y = relu(concat(a, b))   =>   y = concat(relu(a), relu(b))
/**
 * Splits layers into `parts` by their output channels, and what follows them channel by channel into the same pieces, so that
 * threads can compute them at the same time. The pieces lie side by side in one buffer: nothing is copied.
 */
export function splitForThreads(parts: number): Pass {
  return {
    name: 'split-for-threads',
    run(graph) {
      const pieces = new ChannelPieces();
      for (const node of [...graph.nodes()]) {
        const split = splitOf(node, pieces, parts);
        pieces.add(split ? splitChannels(graph, node, operandsOf(graph, node, pieces, split)) : node);
      }
    },
  };
}

interface Split {
  readonly ranges: readonly ChannelRange[];
  readonly rule: readonly (ChannelPart | null)[];
}

/** Null: the node stays whole. */
function splitOf(node: Node, pieces: ChannelPieces, parts: number): Split | null {
  const rule = channelRuleOf(node);
  if (!rule) return null;
  const channels = staticShape(node.output.type.shape)[1] ?? 0;
  const large = node.inputs.flatMap((value, i): Large[] => {
    const part = rule[i];
    return value && part && !value.constant && !isSmall(value, node) ? [{ value, ...part }] : [];
  });
  const isLayer = rule[0] === null;
  if (isLayer && nodeMacs(node) < LEAST_WORK) return null;
  const starts = large.length
    ? commonStarts(large, pieces, channels)
    : isLayer
      ? evenStarts(channels, parts)
      : [];
  const ranges = starts.map((from, i): ChannelRange => [from, starts[i + 1] ?? channels]);
  if (ranges.length < 2 || ranges.length > MOST_PIECES * parts) return null;
  const isThere = large.every((one) =>
    ranges.every((range) => pieces.piece(one.value, inputRange(range, one))),
  );
  return isThere ? { ranges, rule } : null;
}

/** An operand that is read in the pieces that it has. */
interface Large extends ChannelPart {
  readonly value: Value;
}

function isSmall(value: Value, node: Node): boolean {
  return numElements(value.type.shape) * SMALL <= numElements(node.output.type.shape);
}

/** Where pieces of the output begin: where pieces of all operands do. */
function commonStarts(large: readonly Large[], pieces: ChannelPieces, channels: number): number[] {
  const lists = large.map(({ value, axis, each }) => {
    const covers = (value.type.shape[axis] ?? 0) === channels / each;
    return new Set(covers ? pieces.starts(value).map((start) => start * each) : []);
  });
  const [first = new Set<number>(), ...others] = lists;
  return [...first].filter((start) => others.every((list) => list.has(start)));
}

function evenStarts(channels: number, parts: number): number[] {
  const blocks = Math.ceil(channels / BLOCK);
  const count = Math.min(parts, blocks);
  return Array.from({ length: count }, (_, i) => Math.round((i * blocks) / count) * BLOCK);
}

function inputRange([from, to]: ChannelRange, { each }: ChannelPart): ChannelRange {
  return [from / each, to / each];
}

function operandsOf(graph: Graph, node: Node, pieces: ChannelPieces, { ranges, rule }: Split): ChannelSplit {
  const operand = (value: Value, input: number, range: ChannelRange): Value => {
    const part = rule[input];
    if (!part) return value;
    const own = inputRange(range, part);
    if (value.constant) return graph.addConstant(value.name, sliceAxis(value.constant, part.axis, own));
    return pieces.piece(value, own) ?? sliced(graph, node, { value, axis: part.axis, range: own });
  };
  return { ranges, operand };
}

function sliced(
  graph: Graph,
  before: Node,
  {
    value,
    axis,
    range: [from, to],
  }: { readonly value: Value; readonly axis: number; readonly range: ChannelRange },
): Value {
  const attrs = { axes: [axis], starts: [from], ends: [to] };
  return buildNode(graph, { op: slice.name, inputs: [value], attrs, origin: before.origin, before }).output;
}
