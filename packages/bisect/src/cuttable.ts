import { type Boundary, extractSubgraph } from '@ghostc/edit';
import { attempt, entryOf, type Graph, itemAt, type Node, type Tensor, type Value } from '@ghostc/ir';
import { referenceValues, type Sample } from './isolate.ts';

const known = new WeakMap<Sample, Map<Value, Cuttable>>();

const wholes = new WeakMap<Graph, Sample>();

/** The sample that a graph is a beginning of, by `upTo`. */
export function wholeOf(beginning: Graph): Sample | undefined {
  return wholes.get(beginning);
}

/** A model that can be cut: its nodes up to one output, and the values where it can be cut. */
export class Cuttable {
  /** What the output is computed from, in order of execution. */
  readonly nodes: readonly Node[];
  readonly #sample: Sample;
  readonly #values: ReadonlyMap<Value, Tensor> | null;
  readonly #parts = new Map<string, Sample | null>();

  /** The same for the same sample, so that its parts are, and what is known of their rounding. */
  static of(sample: Sample, output: Value): Cuttable {
    const ofSample = known.get(sample) ?? new Map<Value, Cuttable>();
    known.set(sample, ofSample);
    const found = ofSample.get(output) ?? new Cuttable(sample, output);
    ofSample.set(output, found);
    return found;
  }

  constructor(sample: Sample, output: Value) {
    this.#sample = sample;
    const shared = sample.other && sharedNames(sample.graph, sample.other);
    this.nodes = ancestors(sample.graph, output).filter(({ output }) => !shared || shared.has(output.name));
    this.#values = attempt(() => referenceValues(sample));
  }

  /** The beginning of the model, up to the results of node n. Nothing else is an output, so that what fuses still does. */
  upTo(n: number): Sample | null {
    return this.#part({ inputs: [], outputs: resultsOf(itemAt(this.nodes, n)) });
  }

  /** Nodes `first` to `last`: what they read from before is an input, with the value that the interpreter has there. */
  between(first: number, last: number): Sample | null {
    const inside = new Set(this.nodes.slice(first, last + 1));
    const read = new Set([...inside].flatMap((node) => node.inputs));
    const inputs = [...read].flatMap((value) =>
      value?.producer && !inside.has(value.producer) ? [value.name] : [],
    );
    return this.#part({ inputs, outputs: resultsOf(itemAt(this.nodes, last)) });
  }

  #part(boundary: Boundary): Sample | null {
    const key = JSON.stringify(boundary);
    const part = this.#parts.get(key);
    if (part !== undefined) return part;
    const made = this.#make(boundary);
    this.#parts.set(key, made);
    if (made && boundary.inputs.length === 0) wholes.set(made.graph, this.#sample);
    return made;
  }

  #make(boundary: Boundary): Sample | null {
    const { graph, inputs, other } = this.#sample;
    if (boundary.inputs.length && !this.#values) return null;
    const given = new Map<string, Tensor>(inputs);
    for (const [value, tensor] of this.#values ?? []) given.set(value.name, tensor);
    return attempt(() => {
      const small = extractSubgraph(graph, boundary);
      const second = other && extractSubgraph(other, boundary);
      const names = new Set([small, second].flatMap((one) => one?.inputs.map(({ name }) => name) ?? []));
      const kept = new Map([...names].map((name) => [name, entryOf(given, name)]));
      return { graph: small, inputs: kept, ...(second && { other: second }) };
    });
  }
}

function resultsOf(node: Node): string[] {
  const used = node.outputs.filter((value) => value.users.size > 0);
  return (used.length ? used : [node.output]).map(({ name }) => name);
}

function ancestors(graph: Graph, output: Value): Node[] {
  const needed = new Set<Value>([output]);
  for (const node of [...graph.nodes()].reverse())
    if (node.outputs.some((value) => needed.has(value)))
      for (const value of node.inputs) if (value) needed.add(value);
  return [...graph.nodes()].filter((node) => node.outputs.some((value) => needed.has(value)));
}

/** Names of values of one shape that both models compute. */
function sharedNames(graph: Graph, other: Graph): Set<string> {
  const signature = (node: Node): string[] =>
    node.outputs.map(({ name, type }) => JSON.stringify([name, type.dtype, type.shape]));
  const theirs = new Set([...other.nodes()].flatMap(signature));
  const both = [...graph.nodes()].filter((node) => signature(node).every((one) => theirs.has(one)));
  return new Set(both.map(({ output }) => output.name));
}
