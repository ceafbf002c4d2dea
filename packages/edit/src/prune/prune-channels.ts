import {
  CompileError,
  constantValues,
  elementMover,
  Graph,
  type Node,
  type Tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { ConstantCone, copyNode, copyOf } from '@ghostc/ops';
import { checked } from '../copy-graph.ts';
import { edit } from '../editor.ts';
import { findValue } from '../find.ts';
import { ChannelClasses } from './channel-classes.ts';
import { type Cut, type NodeCuts, tieChannels } from './channel-rules.ts';

/**
 * A model without some channels (elements of axis 1) of the named values, and without all that depends on
 * them: through depthwise layers, concats, slices, gates, shortcuts, batch norms and flattening, up to the
 * layers whose sums read them. It computes what the model does with these channels at 0. Throws `edit/prune`
 * at the node for which a channel must stay. After Fang et al., DepGraph (2023).
 */
export function pruneChannels(model: Graph, channels: Readonly<Record<string, readonly number[]>>): Graph {
  const graph = withComputedConstants(model);
  const classes = new ChannelClasses(graph);
  for (const input of graph.inputs) classes.pin(input, null, 'it is an input of the model');
  const cuts = new Map([...graph.nodes()].map((node) => [node, tieChannels(node, classes)]));
  for (const { value } of graph.outputs) classes.pin(value, value.producer, 'it is an output of the model');
  for (const [name, list] of Object.entries(channels)) classes.remove(findValue(graph, name), list);
  return checked(new Pruning(graph, classes).run(cuts));
}

/** Small values that are computed only from constants (exporters shape scales this way) become constants. */
function withComputedConstants(graph: Graph): Graph {
  const computed = [...constantValues(graph)].filter(({ producer }) => producer);
  if (computed.length === 0) return graph;
  const cone = new ConstantCone(graph);
  return edit(graph, (e) => {
    for (const value of computed) {
      const tensor = cone.tensorOf(value);
      if (tensor) e.replace(value, e.constant(value.name, tensor));
    }
  });
}

/**
 * The channels of a layer's output whose filters have the smallest sums of magnitudes (Li et al., 2017),
 * smallest first. Throws `edit/prune` if it is not a layer.
 */
export function weakestChannels(graph: Graph, layer: string, count: number): number[] {
  const weight = findValue(graph, layer).producer?.inputs[1]?.constant;
  if (!weight)
    throw new CompileError('edit/prune', `expected %${layer} to come from a layer with constant weights`);
  const [channels = 1] = weight.shape;
  const inner = weight.data.length / channels;
  const sums = new Float64Array(channels);
  toNumbers(weight).forEach((value: number, i: number) => {
    const channel = Math.floor(i / inner);
    sums[channel] = (sums[channel] ?? 0) + Math.abs(value);
  });
  return [...sums.keys()].sort((a, b) => (sums[a] ?? 0) - (sums[b] ?? 0)).slice(0, count);
}

/** The copy of a graph without the removed channels. */
class Pruning {
  readonly #source: Graph;
  readonly #classes: ChannelClasses;
  readonly #graph: Graph;
  readonly #copies = new Map<Value, Value>();
  /** Constants to be cut, by their remaining elements. */
  readonly #cut = new Map<string, Value>();

  constructor(source: Graph, classes: ChannelClasses) {
    this.#source = source;
    this.#classes = classes;
    this.#graph = new Graph(source.name);
    this.#graph.source = source.source;
  }

  run(cuts: ReadonlyMap<Node, NodeCuts>): Graph {
    for (const { name, type } of this.#source.inputs) this.#graph.addInput(name, type);
    this.#source.inputs.forEach((input, i) => this.#copies.set(input, this.#graph.inputs[i] ?? input));
    for (const node of this.#source.nodes()) this.#node(node, cuts.get(node) ?? {});
    for (const { name, value } of this.#source.outputs) this.#graph.addOutput(name, this.#value(value, []));
    return this.#graph;
  }

  #node(node: Node, { cuts = [], attrs }: NodeCuts): void {
    const inputs = node.inputs.map(
      (value, i) =>
        value &&
        this.#value(
          value,
          cuts.filter(({ input }) => input === i),
        ),
    );
    copyNode(this.#graph, node, this.#copies, { inputs, attrs: attrs?.(this.#classes) ?? node.attrs });
  }

  #value(value: Value, cuts: readonly Cut[]): Value {
    if (!value.constant) return copyOf(value, this.#copies);
    const kept = cuts.map(({ axis, of }) => [axis, this.#classes.kept(of)] as const);
    const left = kept.filter(([axis, list]) => list.length < Number(value.type.shape[axis]));
    const key = JSON.stringify([value.name, left]);
    const known = this.#cut.get(key);
    if (known) return known;
    const tensor = left.reduce((all, [axis, list]) => picked(all, axis, list), value.constant);
    const made = this.#graph.addConstant(value.name, tensor);
    this.#cut.set(key, made);
    return made;
  }
}

/** Some positions along an axis. */
function picked(tensor: Tensor, axis: number, positions: readonly number[]): Tensor {
  const { shape, data } = tensor;
  const size = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const outer = data.length / (size * inner);
  const left = data.slice(0, outer * positions.length * inner);
  const move = elementMover(left, data);
  let at = 0;
  for (let row = 0; row < outer; row++)
    for (const position of positions)
      for (let k = 0; k < inner; k++) move(at++, (row * size + position) * inner + k);
  return { ...tensor, shape: shape.map((dim, i) => (i === axis ? positions.length : dim)), data: left };
}
