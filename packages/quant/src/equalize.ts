import {
  constantOf,
  type Graph,
  isStatic,
  itemAt,
  type Node,
  numElements,
  type Tensor,
  tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { lookup, normalAxis } from '@ghostc/ops';
import { type ObserveOptions, observeValues, type Samples } from './calibrate.ts';

/** Factors stay within 1/16 to 16. */
const LARGEST_FACTOR = 16;

/** Weights of a node that compensate the scaling of input channels `offset` to `offset + channels`. */
interface Absorber {
  readonly node: Node;
  readonly offset: number;
}

/**
 * Cross-layer equalisation (Nagel et al. 2019, section 4.1) for per-channel weights: in a layer with
 * per-channel weight scales, what differs is the range of its output channels, which share one activation
 * scale. Channel c of a layer is multiplied by
 *
 *     t[c] ~ sqrt(w[c] / a[c]),   a[c] = largest |activation|, w[c] = largest |weight| of the later layers
 *     that read c
 *
 * and those layers divide by it. relu, pools, concat and products pass a positive factor through, so both
 * parts of a Ghost module and a squeeze-and-excite after it are included. In place; returns the number of
 * layers that were scaled.
 */
export function equalizeLayers(graph: Graph, samples: Samples, options: ObserveOptions = {}): number {
  const plans = [...graph.nodes()].flatMap((layer) => {
    const absorbers = scalable(layer) ? absorbersOf(graph, layer.output, 0) : null;
    return absorbers?.length ? [{ layer, absorbers }] : [];
  });
  const wanted = new Set(plans.map(({ layer }) => layer.output));
  const ranges = channelRanges(graph, samples, { ...options, wanted });
  for (const { layer, absorbers } of plans) {
    const activation = ranges.get(layer.output) ?? [];
    applyFactors(graph, layer, { absorbers, factors: factorsOf(activation, absorbers) });
  }
  return plans.length;
}

/** A layer whose output is linear in its weights up to a relu. */
function scalable(node: Node): boolean {
  if (node.op !== 'conv2d' && node.op !== 'depthwise_conv2d') return false;
  const { activation = 'none' } = node.attrs;
  const bias = node.inputs[2];
  return Boolean(
    (activation === 'none' || activation === 'relu') &&
      node.inputs[1]?.constant &&
      (!bias || bias.constant) &&
      !node.inputs[3],
  );
}

/** Every weight that reads the value's channels, or null if some use cannot be scaled. */
function absorbersOf(graph: Graph, value: Value, offset: number): Absorber[] | null {
  if (graph.isOutput(value)) return null;
  const found: Absorber[] = [];
  for (const user of value.users) {
    const part = absorbersIn(graph, user, { value, offset });
    if (!part) return null;
    found.push(...part);
  }
  return found;
}

function absorbersIn(
  graph: Graph,
  user: Node,
  { value, offset }: { value: Value; offset: number },
): Absorber[] | null {
  if (user.inputs.filter((input) => input === value).length > 1) return null;
  if (user.op === 'conv2d' || user.op === 'depthwise_conv2d') {
    const plain = user.inputs[0] === value && Boolean(user.inputs[1]?.constant);
    const whole = user.op === 'depthwise_conv2d' || (user.attrs.group ?? 1) === 1;
    return plain && whole ? [{ node: user, offset }] : null;
  }
  if (user.op === 'concat') return concatAbsorbers(graph, user, { value, offset });
  const { activation = 'none' } = user.attrs;
  const homogeneous = activation === 'none' || activation === 'relu';
  return lookup(user.op).factor === 'passed' && homogeneous ? absorbersOf(graph, user.output, offset) : null;
}

function concatAbsorbers(
  graph: Graph,
  user: Node,
  { value, offset }: { value: Value; offset: number },
): Absorber[] | null {
  if (normalAxis(Number(user.attrs.axis), value.type.shape.length) !== 1) return null;
  let before = 0;
  for (const input of user.inputs) {
    if (input === value) return absorbersOf(graph, user.output, offset + before);
    const channels = input?.type.shape[1] ?? 0;
    if (!isStatic(channels)) return null;
    before += channels;
  }
  return null;
}

/** Largest magnitude of each channel of the requested values. */
function channelRanges(
  graph: Graph,
  samples: Samples,
  { wanted, ...options }: ObserveOptions & { readonly wanted: ReadonlySet<Value> },
): Map<Value, number[]> {
  const ranges = new Map<Value, number[]>();
  const see = (value: Value, elements: ArrayLike<number>): void => {
    if (!wanted.has(value)) return;
    const channels = Number(value.type.shape[1]);
    const range = ranges.get(value) ?? new Array<number>(channels).fill(0);
    const plane =
      elements.length / channels / Number(isStatic(value.type.shape[0] ?? 1) ? value.type.shape[0] : 1);
    for (let i = 0; i < elements.length; i++) {
      const channel = Math.floor(i / plane) % channels;
      range[channel] = Math.max(range[channel] ?? 0, Math.abs(elements[i] ?? 0));
    }
    ranges.set(value, range);
  };
  observeValues(graph, samples, see, options);
  return ranges;
}

/** t[c], scaled so that the largest channel keeps its size. */
function factorsOf(activation: readonly number[], absorbers: readonly Absorber[]): number[] {
  const readers = absorbers.filter(({ node }) => node.op === 'conv2d');
  const weights = activation.map((_, c) => Math.max(0, ...readers.map((reader) => columnRange(reader, c))));
  const largest = Math.max(...activation);
  const most = Math.max(...activation.map((a, c) => Math.sqrt(a * (weights[c] ?? 0))));
  return activation.map((a, c) => {
    const w = weights[c] ?? 0;
    if (a === 0 || w === 0 || most === 0) return 1;
    const factor = (Math.sqrt(w / a) * largest) / most;
    return Math.min(LARGEST_FACTOR, Math.max(1 / LARGEST_FACTOR, factor));
  });
}

/** Largest |weight| that reads channel c. */
function columnRange({ node, offset }: Absorber, c: number): number {
  const weight = weightOf(node);
  const [m = 1, channels = 1, ...kernel] = weight.shape;
  const taps = numElements(kernel);
  const numbers = toNumbers(weight);
  let largest = 0;
  for (let row = 0; row < m; row++) {
    const first = (row * channels + offset + c) * taps;
    for (let i = first; i < first + taps; i++) largest = Math.max(largest, Math.abs(numbers[i] ?? 0));
  }
  return largest;
}

interface Factors {
  readonly absorbers: readonly Absorber[];
  readonly factors: readonly number[];
}

function applyFactors(graph: Graph, layer: Node, { absorbers, factors }: Factors): void {
  const rows = (weight: Tensor): number => weight.data.length / (weight.shape[0] ?? 1);
  for (const slot of [1, 2]) {
    const constant = layer.inputs[slot]?.constant;
    if (constant)
      scaleConstant(graph, { node: layer, slot }, (i) => factors[Math.floor(i / rows(constant))] ?? 1);
  }
  for (const { node, offset } of absorbers) {
    const channelOf = inputChannel(node);
    scaleConstant(graph, { node, slot: 1 }, (i) => 1 / (factors[channelOf(i) - offset] ?? 1));
  }
}

function weightOf(node: Node): Tensor {
  return itemAt(node.inputs, 1).constant as Tensor;
}

/** Which input channel of the node a weight element reads. */
function inputChannel(node: Node): (i: number) => number {
  const [, channels = 1, ...kernel] = weightOf(node).shape;
  const taps = numElements(kernel);
  if (node.op === 'conv2d') return (i) => Math.floor(i / taps) % channels;
  const multiplier = Number(node.attrs.multiplier ?? 1);
  return (i) => Math.floor(Math.floor(i / taps) / multiplier);
}

function scaleConstant(
  graph: Graph,
  { node, slot }: { readonly node: Node; readonly slot: number },
  factorOf: (i: number) => number,
): void {
  const value = itemAt(node.inputs, slot);
  const source = constantOf(value);
  const scaled = Float32Array.from(toNumbers(source), (v, i) => Number(v) * factorOf(i));
  graph.replaceInput(node, value, graph.addConstant(value.name, tensor('f32', source.shape, scaled)));
  if (value.users.size === 0 && !graph.isOutput(value)) graph.removeConstant(value);
}
