import { type Graph, type Node, numElements, staticShape, type Value } from '@ghostc/ir';
import { isPacked } from '../is-packed.ts';
import type { Kernel, Sharing } from '../kernel.ts';

/** Channels [from, to) of a value, of which each workgroup has `each`: workgroup t those from `from` + t `each` on. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly each: number;
}

/** Nodes that one dispatch computes one after another, with a barrier between two of them. */
export interface Chain {
  readonly nodes: readonly Node[];
  /** The channels of each node's output; absent: one workgroup has all of them. */
  readonly spans?: ReadonlyMap<Node, readonly Span[]>;
}

/** What finding chains has to know of the program. */
export interface ChainFacts {
  readonly graph: Graph;
  /** Nodes that cost nothing. */
  readonly elided: ReadonlySet<unknown>;
  readonly kernelOf: (node: Node) => Kernel;
}

/** Output channels of a workgroup: their planes are whole words, whatever the size of one. */
const BLOCK = 4;
/** Pixels of the largest plane that one workgroup takes. */
const MAX_PLANE = 28 * 28;
/** Words of output, and multiply-accumulates, of the largest layer that one workgroup computes alone. */
const MAX_WORDS = 256;
const MAX_MACS = 2 ** 18;
/** How many nodes after the last one are looked at. */
const REACH = 32;
/** Of a chain: its parameters have to fit. */
const MAX_NODES = 5;
const MAX_SPANS = 4;

/**
 * Chains of a graph of images without a batch. First those of small vectors, such as gates, which one workgroup computes; then
 * those in which all but the first node keep channels apart, such as a convolution, a depthwise one and a sum: each workgroup has
 * four channels.
 */
export function findChains(facts: ChainFacts): Chain[] {
  const search = new Search(facts);
  search.run((head) => search.small(head));
  search.run((head) => search.byChannels(head));
  return search.chains;
}

class Search {
  readonly chains: Chain[] = [];
  readonly #facts: ChainFacts;
  readonly #nodes: readonly Node[];
  readonly #sharing = new Map<Node, Sharing | undefined>();
  readonly #chainOf = new Map<Node, Chain>();

  constructor(facts: ChainFacts) {
    this.#facts = facts;
    this.#nodes = [...facts.graph.nodes()];
    for (const node of this.#nodes) this.#sharing.set(node, sharingOf(node, facts));
  }

  run(chainFrom: (head: number) => Chain): void {
    this.#nodes.forEach((node, head) => {
      if (this.#chainOf.has(node) || !this.#sharing.get(node)) return;
      const chain = chainFrom(head);
      if (chain.nodes.length < 2 || this.#returns(chain)) return;
      this.chains.push(chain);
      for (const member of chain.nodes) this.#chainOf.set(member, chain);
    });
  }

  small(head: number): Chain {
    const isSmall = (node: Node): boolean =>
      this.#sharing.get(node)?.items === 'words' &&
      planeOf(node.output) === 1 &&
      wordsOf(node) <= MAX_WORDS &&
      macsOf(node) <= MAX_MACS;
    const computed = new Set<Value>();
    const take = (node: Node): boolean => {
      if (!this.#facts.elided.has(node) && !isSmall(node)) return false;
      for (const value of node.outputs) computed.add(value);
      return true;
    };
    return { nodes: this.#grow(head, { computed, take }) };
  }

  byChannels(head: number): Chain {
    const spansOf = new Map<Value, readonly Span[]>();
    const spans = new Map<Node, readonly Span[]>();
    const take = (node: Node): boolean => {
      const found = this.#spansOf(node, spansOf);
      if (!found) return false;
      for (const value of node.outputs) spansOf.set(value, found);
      if (!this.#facts.elided.has(node)) spans.set(node, found);
      return true;
    };
    return { nodes: this.#grow(head, { computed: spansOf, take }), spans };
  }

  /** The head, and nodes that follow from it: those that `take` accepts, unless they need something else that follows from it. */
  #grow(head: number, { computed, take }: Growth): Node[] {
    const members: Node[] = [];
    const besides = new Set<Value>();
    let last = head;
    for (let i = head; i < Math.min(this.#nodes.length, last + REACH); i++) {
      const node = this.#nodes[i] as Node;
      const reads = node.inputs.filter((value) => value !== null);
      const isBesides = reads.some((value) => besides.has(value));
      if (i > head && !isBesides && !reads.some((value) => computed.has(value))) continue;
      const isElided = this.#facts.elided.has(node);
      const isFree =
        isElided || (members.length < MAX_NODES && this.#sharing.get(node) && !this.#chainOf.has(node));
      if (isFree && !isBesides && take(node)) {
        if (!isElided) members.push(node);
        last = i;
      } else {
        if (i === head) return [];
        for (const value of node.outputs) besides.add(value);
      }
    }
    return members;
  }

  #spansOf(node: Node, known: ReadonlyMap<Value, readonly Span[]>): readonly Span[] | undefined {
    const inside = node.inputs.filter((value) => value !== null && known.has(value)) as Value[];
    if (this.#facts.elided.has(node)) return joined(node, known);
    const spans = inside.length ? this.#scaled(node, inside, known) : firstSpans(node.output);
    const fits = spans && spans.length <= MAX_SPANS && spans.every((span) => isWhole(node.output, span));
    return fits ? spans : undefined;
  }

  /** Of a node that keeps channels apart: those of its inputs, times its outputs for each of them. */
  #scaled(
    node: Node,
    inside: readonly Value[],
    known: ReadonlyMap<Value, readonly Span[]>,
  ): readonly Span[] | undefined {
    const times = this.#sharing.get(node)?.perChannel;
    if (times === undefined) return undefined;
    const lists = inside.map((value) => known.get(value) ?? []);
    const [first = []] = lists;
    const agree = lists.every((list) => JSON.stringify(list) === JSON.stringify(first));
    // a value of fewer axes would be broadcast along others
    const keeps = inside.every(
      (value) =>
        value.type.shape.length === node.output.type.shape.length &&
        channelsOf(value) * times === channelsOf(node.output),
    );
    if (!agree || !keeps) return undefined;
    return first.map(({ from, to, each }) => ({ from: from * times, to: to * times, each: each * times }));
  }

  /** Would a path lead out of the chain and back into it? Other chains count as one node. */
  #returns(chain: Chain): boolean {
    const members = new Set<Node>(chain.nodes);
    const seen = new Set<Node>();
    const outside = this.#readers(chain.nodes, new Set()).filter((node) => !members.has(node));
    for (let node = outside.pop(); node; node = outside.pop()) {
      if (members.has(node)) return true;
      outside.push(...this.#readers(this.#chainOf.get(node)?.nodes ?? [node], seen));
    }
    return false;
  }

  /** The nodes that run code and read what some nodes compute, each once for all calls with one set. */
  #readers(nodes: readonly Node[], seen: Set<Node>): Node[] {
    const readers: Node[] = [];
    const pending = [...nodes];
    for (let node = pending.pop(); node; node = pending.pop())
      for (const user of node.outputs.flatMap((value) => [...value.users])) {
        if (seen.has(user)) continue;
        seen.add(user);
        (this.#facts.elided.has(user) ? pending : readers).push(user);
      }
    return readers;
  }
}

interface Growth {
  readonly computed: { has(value: Value): boolean };
  readonly take: (node: Node) => boolean;
}

/** How a node may share a dispatch: with bytes only, and without a batch. */
function sharingOf(node: Node, { elided, kernelOf }: ChainFacts): Sharing | undefined {
  const [output, more] = node.outputs;
  if (elided.has(node) || more || !output || !isPacked(output.type)) return undefined;
  return staticShape(output.type.shape)[0] === 1 ? kernelOf(node).sharing?.(node) : undefined;
}

const channelsOf = ({ type }: Value): number => staticShape(type.shape)[1] ?? 1;
const planeOf = ({ type }: Value): number => numElements(staticShape(type.shape).slice(2));
const wordsOf = ({ output }: Node): number => Math.ceil(numElements(output.type.shape) / 4);

function macsOf({ inputs: [, weight], output }: Node): number {
  const taps = weight?.constant ? numElements(weight.constant.shape.slice(1)) : 1;
  return numElements(output.type.shape) * taps;
}

/** Of the first node of a chain. */
function firstSpans(output: Value): readonly Span[] | undefined {
  const [channels, plane] = [channelsOf(output), planeOf(output)];
  const isImage = output.type.shape.length === 4 && plane > 1 && plane <= MAX_PLANE;
  return isImage && channels > BLOCK ? [{ from: 0, to: channels, each: BLOCK }] : undefined;
}

/** Do the spans start on whole words, and end there or with the value? */
function isWhole(output: Value, { from, to }: Span): boolean {
  const plane = planeOf(output);
  const ends = to === channelsOf(output) || (to * plane) % 4 === 0;
  return plane <= MAX_PLANE && (from * plane) % 4 === 0 && ends;
}

/** Of a concat or a view that costs nothing; undefined unless all of it is known, channel for channel. */
function joined(node: Node, known: ReadonlyMap<Value, readonly Span[]>): readonly Span[] | undefined {
  let start = 0;
  const all: Span[] = [];
  for (const value of node.inputs) {
    const spans = value && known.get(value);
    if (!spans) return undefined;
    all.push(...spans.map(({ from, to, each }) => ({ from: from + start, to: to + start, each })));
    start += channelsOf(value);
  }
  return start === channelsOf(node.output) && (node.attrs.axis ?? 1) === 1 ? all : undefined;
}
