import { CompileError, Graph, type Node, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import { checked, copyInto, mapped } from './copy-graph.ts';
import { findValue } from './find.ts';

export interface Boundary {
  /** Names of the values that become inputs. Graph inputs that are still needed come in by themselves. */
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
  const map = new Map<Value, Value>();
  for (const value of starts) map.set(value, graph.addInput(value.name, value.type));
  for (const input of source.inputs)
    if (needed.values.has(input) && !map.has(input)) map.set(input, graph.addInput(input.name, input.type));
  for (const value of source.constants)
    if (value.constant && needed.values.has(value) && !map.has(value))
      map.set(value, graph.addConstant(value.name, value.constant));
  for (const node of source.nodes()) if (needed.nodes.has(node)) copyNode(graph, node, map);
  for (const { name, value } of ends) graph.addOutput(name, mapped(value, map));
  return checked(graph);
}

/** Two graphs that together compute what the one did: `head` up to the named values, `tail` from them on. */
export function splitModel(source: Graph, at: readonly string[]): { head: Graph; tail: Graph } {
  const outputs = source.outputs.map(({ name }) => name);
  const tail = extractSubgraph(source, { inputs: at, outputs });
  const reached = tail.inputs.map((input) => input.name).filter((name) => !at.includes(name));
  if (reached.length)
    throw new CompileError(
      'edit/split',
      `%${reached.join(', %')} reach behind the cut at %${at.join(', %')}`,
    );
  return { head: extractSubgraph(source, { inputs: [], outputs: at }), tail };
}

/**
 * One graph out of two: `connect` says which input of `second` takes which output of `first`. Outputs of `first` that are
 * not connected stay outputs; names that both have get a suffix.
 */
export function mergeModels(first: Graph, second: Graph, connect: Readonly<Record<string, string>>): Graph {
  const graph = new Graph(first.name);
  const map = new Map<Value, Value>();
  copyInto(graph, first, map);
  const byName = new Map(first.outputs.map(({ name, value }) => [name, mapped(value, map)]));
  for (const [inputName, outputName] of Object.entries(connect))
    connectInput(second, { inputName, outputName, byName, map });
  copyInto(graph, second, map);
  const joined = new Set(Object.values(connect));
  for (const [name, value] of byName) if (!joined.has(name)) graph.addOutput(name, value);
  for (const { name, value } of second.outputs) graph.addOutput(name, mapped(value, map));
  return checked(graph);
}

interface Connection {
  readonly inputName: string;
  readonly outputName: string;
  readonly byName: ReadonlyMap<string, Value>;
  readonly map: Map<Value, Value>;
}

function connectInput(second: Graph, { inputName, outputName, byName, map }: Connection): void {
  const input = second.inputs.find(({ name }) => name === inputName);
  const output = byName.get(outputName);
  if (!input) throw new CompileError('edit/not-found', `the second model has no input ${inputName}`);
  if (!output) throw new CompileError('edit/not-found', `the first model has no output ${outputName}`);
  map.set(input, output);
}

function copyNode(graph: Graph, node: Node, map: Map<Value, Value>): void {
  const inputs = node.inputs.map((value) => value && mapped(value, map));
  const names = node.outputs.map((value) => value.name);
  const twin = buildNode(graph, { op: node.op, inputs, attrs: node.attrs, origin: node.origin, names });
  node.outputs.forEach((value, i) => {
    if (!map.has(value)) map.set(value, twin.outputs[i] ?? twin.output);
  });
}

/** Everything that `ends` depend on, up to `starts`. */
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
