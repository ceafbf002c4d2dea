import { CompileError, Graph, type Node, type Value } from '@ghostc/ir';
import { type Copies, copyNode, copyOf } from '@ghostc/ops';
import { checked } from './copy-graph.ts';
import { type Editor, edit } from './editor.ts';
import { findValue } from './find.ts';
import type { MergeOptions } from './merge-into.ts';

/** Where a subgraph starts and ends, by names of values. */
export interface Boundary {
  /** Names of the values that become inputs. Graph inputs that are still needed are added automatically. */
  readonly inputs: readonly string[];
  /** Names of the values that become outputs. */
  readonly outputs: readonly string[];
}

/** The part of a graph that computes `outputs` from `inputs`. */
export function extractSubgraph(source: Graph, { inputs, outputs }: Boundary): Graph {
  const starts = new Set(inputs.map((name) => findValue(source, name)));
  const ends = outputs.map((name) => ({ name, value: findValue(source, name) }));
  const needed = ancestors(
    ends.map(({ value }) => value),
    starts,
  );
  const graph = new Graph(source.name);
  graph.source = source.source;
  const copies: Copies = new Map();
  for (const value of starts) copies.set(value, graph.addInput(value.name, value.type));
  for (const input of source.inputs)
    if (needed.values.has(input) && !copies.has(input))
      copies.set(input, graph.addInput(input.name, input.type));
  for (const value of source.constants)
    if (value.constant && needed.values.has(value) && !copies.has(value))
      copies.set(value, graph.addConstant(value.name, value.constant));
  for (const node of source.nodes()) if (needed.nodes.has(node)) copyNode(graph, node, copies);
  for (const { name, value } of ends) graph.addOutput(name, copyOf(value, copies));
  return checked(graph);
}

/**
 * Two graphs that together compute what the original did: `head` up to the named values, `tail` from there
 * on. Throws `edit/split` if a value from before the cut is read after it.
 */
export function splitModel(source: Graph, at: readonly string[]): { head: Graph; tail: Graph } {
  const outputs = source.outputs.map(({ name }) => name);
  const tail = extractSubgraph(source, { inputs: at, outputs });
  const reached = tail.inputs.map((input) => input.name).filter((name) => !at.includes(name));
  if (reached.length)
    throw new CompileError(
      'edit/split',
      `%${reached.join(', %')} would have to be cut as well as %${at.join(', %')}`,
    );
  return { head: extractSubgraph(source, { inputs: [], outputs: at }), tail };
}

/**
 * One graph from two: `connect` maps inputs of `second` to outputs of `first`. Outputs of `first` that are
 * not connected stay outputs; names in both get a suffix, or the prefix from the options.
 */
export function mergeModels(
  first: Graph,
  second: Graph,
  connect: Readonly<Record<string, string>>,
  options: Pick<MergeOptions, 'prefix' | 'shareInputs'> = {},
): Graph {
  return edit(first, (e) => {
    const values = new Map(first.outputs.map(({ name }) => [name, outputOf(e, name)]));
    const joined = Object.fromEntries(
      Object.entries(connect).map(([input, output]) => [input, values.get(output) ?? outputOf(e, output)]),
    );
    const results = e.merge(second, { ...options, connect: joined });
    e.graph.removeOutputs();
    for (const [name, value] of values) if (!Object.values(connect).includes(name)) e.output(value, name);
    for (const [name, value] of results) e.output(value, freeName(e.graph, `${options.prefix ?? ''}${name}`));
  });
}

function outputOf({ graph }: Editor, name: string): Value {
  const output = graph.outputs.find((one) => one.name === name);
  if (output) return output.value;
  const known = graph.outputs.map((one) => one.name).join(', ');
  throw new CompileError('edit/not-found', `the first model has no output ${name}; there are ${known}`);
}

/** The name, or the first suffixed form that no output has. */
function freeName({ outputs }: Graph, name: string): string {
  const taken = new Set(outputs.map((one) => one.name));
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}_${i}`;
  return free;
}

/** Everything that `ends` depend on, back to `starts`. */
function ancestors(
  ends: readonly Value[],
  starts: ReadonlySet<Value>,
): { values: Set<Value>; nodes: Set<Node> } {
  const values = new Set<Value>();
  const nodes = new Set<Node>();
  const stack = [...ends];
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (values.has(value)) continue;
    values.add(value);
    if (!value.producer || starts.has(value)) continue;
    nodes.add(value.producer);
    for (const input of value.producer.inputs) if (input) stack.push(input);
  }
  return { values, nodes };
}
