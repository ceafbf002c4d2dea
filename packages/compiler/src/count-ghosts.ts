import type { Graph, Node, Value } from '@ghostc/ir';
import { attrsOf, lookup, slice } from '@ghostc/ops';

/** Ghost modules that are one op, and integer ones, whose parts are separate layers. */
export function countGhostModules(graph: Graph): number {
  const whole = [...graph.nodes()].filter(({ op }) => op === 'ghost_module').length;
  return channelConcats(graph).reduce((count, { inputs }) => {
    const layers = inputs.map(layerOf);
    const isCheap = (layer: Node | null, i: number): boolean =>
      layer?.op === 'qlinear_depthwise_conv2d' &&
      layers[i - 1]?.op === 'qlinear_conv2d' &&
      layerOf(layer.inputs[0] ?? null) === layers[i - 1];
    return count + layers.filter(isCheap).length;
  }, whole);
}

/**
 * Stages of G-GhostNet: concat(blocks(x[:, :k]), cheap(x[:, k:])), where blocks have a kernel beyond 1x1 and
 * cheap is a pointwise convolution, to which the blocks' features may be added. There is no op for a stage:
 * its layers are already kernels.
 */
export function countGhostStages(graph: Graph): number {
  return channelConcats(graph).filter(({ inputs: [first, second, ...more] }) => {
    if (!first || !second || more.length > 0) return false;
    return isStage(first, second) || isStage(second, first);
  }).length;
}

function channelConcats(graph: Graph): Node[] {
  return [...graph.nodes()].filter(({ op, attrs }) => op === 'concat' && attrs.axis === 1);
}

/** The layer that computes a value, through rescaling, activations and gates. */
function layerOf(value: Value | null): Node | null {
  let node = value?.producer ?? null;
  while (node && ['requantize', 'qlinear_lookup', 'qlinear_mul'].includes(node.op))
    node = node.inputs[0]?.producer ?? null;
  return node;
}

function isStage(blocks: Value, cheap: Value): boolean {
  return cheapSources(cheap).some((tail) => comesFromRest(blocks, tail));
}

/** Some channels of a value: from `from` up to, not including, `to`. */
interface Channels {
  readonly whole: Value;
  readonly from: number;
  readonly to: number;
}

/**
 * The channel ranges read by pointwise convolutions whose sum, after activations and rescaling, is the given
 * value.
 */
function cheapSources(value: Value): Channels[] {
  const sources: Channels[] = [];
  const seen = new Set<Node>();
  const open = [value];
  for (let next = open.pop(); next; next = open.pop()) {
    const node = next.producer;
    if (!node || seen.has(node)) continue;
    seen.add(node);
    const channels = isConvolution(node) && isPointwise(node) && channelsOf(node.inputs[0]?.producer);
    if (channels) sources.push(channels);
    if (lookup(node.op).traits.has('elementwise') || node.op === 'requantize') open.push(...inputsOf(node));
  }
  return sources;
}

/** Whether a value is computed, with a kernel beyond 1x1, from channels of `tail.whole` outside the tail. */
function comesFromRest(blocks: Value, tail: Channels): boolean {
  const seen = new Set<Node>();
  const open = [blocks];
  for (let value = open.pop(); value; value = open.pop()) {
    const { producer } = value;
    if (!producer || value === tail.whole || seen.has(producer)) continue;
    seen.add(producer);
    open.push(...inputsOf(producer));
  }
  const nodes = [...seen];
  const isRest = (node: Node): boolean => {
    const channels = channelsOf(node);
    return channels?.whole === tail.whole && (channels.to <= tail.from || channels.from >= tail.to);
  };
  return nodes.some(isRest) && nodes.some((node) => isConvolution(node) && !isPointwise(node));
}

function channelsOf(node: Node | null | undefined): Channels | null {
  const whole = node?.inputs[0];
  if (node?.op !== 'slice' || !whole) return null;
  const { starts, axes, steps } = attrsOf(slice, node);
  const size = Number(whole.type.shape[1]);
  const [start = 0] = starts;
  if (axes.length !== 1 || axes[0] !== 1 || (steps[0] ?? 1) !== 1) return null;
  const from = start < 0 ? start + size : start;
  return { whole, from, to: from + Number(node.output.type.shape[1]) };
}

function isConvolution({ op }: Node): boolean {
  return /^(qlinear_)?(depthwise_)?conv2d$/.test(op);
}

function isPointwise({ inputs }: Node): boolean {
  return inputs[1]?.type.shape.slice(2).every((size) => size === 1) ?? false;
}

function inputsOf({ inputs }: Node): Value[] {
  return inputs.filter((input) => input !== null);
}
