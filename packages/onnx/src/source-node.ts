import type { Attrs, Graph, Node, Tensor, TensorType, Value } from '@ghostc/ir';
import type { NodeProto } from './onnx-types.ts';
import { outerNames } from './outer-names.ts';
import type { Entry, ReadState } from './read-state.ts';
import { tensorOf } from './shape-value.ts';

/** What a part reads: a result of another part, a value from outside by its number, a constant, or nothing. */
export type PartInput =
  | { readonly part: number; readonly output: number }
  | { readonly outside: number }
  | { readonly tensor: Tensor }
  | null;

/** What the source's node reads: a value from outside, a constant that the reading took in, or nothing. */
export type SourceInput =
  | { readonly outside: number }
  | { readonly tensor: Tensor; readonly name: string }
  | null;

/** A node of an ONNX model, and the nodes that it was read as. */
export interface SourceNode {
  readonly proto: NodeProto;
  readonly opset: number;
  readonly parts: readonly {
    readonly op: string;
    readonly attrs: Attrs;
    readonly inputs: readonly PartInput[];
  }[];
  /** Types of the values from outside. */
  readonly outside: readonly TensorType[];
  readonly inputs: readonly SourceInput[];
  /** What its bodies read from outside, by their names there. */
  readonly captures: ReadonlyMap<string, SourceInput>;
  /** Which result of which part an output is; null where nothing can read it. */
  readonly outputs: readonly { readonly part: number; readonly output: number; readonly name: string }[];
}

/** Gives the nodes after `last` the source node that they were read as, where that can be told. */
export function rememberSource(proto: NodeProto, state: ReadState, last: Node | null): void {
  const nodes = nodesAfter(state.graph, last);
  if (nodes.length > 1) nameResults(proto, state, nodes);
  const whole = nodes.length > 0 ? sourceNode(proto, state, nodes) : undefined;
  if (whole)
    nodes.forEach((node, index) => {
      state.graph.setPart(node, { whole, index });
    });
}

/** Results have the names that the source gives them: the first of several nodes took them. */
function nameResults(
  { output = [] }: NodeProto,
  { graph, entries }: ReadState,
  nodes: readonly Node[],
): void {
  const made = nodes.flatMap(({ outputs }) => outputs);
  for (const name of output) {
    const entry = name ? entries.get(name) : undefined;
    const result = entry && !entry.isUnread ? entry.value : undefined;
    const holder = made.find((value) => value.name === name);
    if (!result || !holder || result === holder || !made.includes(result)) continue;
    graph.rename(
      new Map([
        [result, name],
        [holder, result.name],
      ]),
    );
  }
}

function nodesAfter(graph: Graph, last: Node | null): Node[] {
  const nodes: Node[] = [];
  for (let node = last ? last.next : graph.first; node; node = node.next) nodes.push(node);
  return nodes;
}

function sourceNode(proto: NodeProto, state: ReadState, nodes: readonly Node[]): SourceNode | undefined {
  const made = new Map<Value, { part: number; output: number }>();
  nodes.forEach(({ outputs }, part) => {
    outputs.forEach((value, output) => made.set(value, { part, output }));
  });
  const outside = [
    ...new Set(nodes.flatMap(({ inputs }) => inputs.filter((value) => value !== null && !made.has(value)))),
  ] as Value[];
  const numbers = new Map(outside.map((value, i) => [value, i]));
  const entryOf = (name: string): Entry | undefined => state.entries.get(name);
  const inputOf = (name: string): SourceInput | undefined => sourceInput(name, entryOf(name), numbers);
  const inputs = (proto.input ?? []).map((name) => (name ? inputOf(name) : null));
  const outer = new Set((proto.attribute ?? []).flatMap(outerNames));
  const captures = [...outer].filter(entryOf).map((name) => [name, inputOf(name)] as const);
  const outputs = (proto.output ?? []).map((name) => sourceOutput(name, entryOf(name), made));
  const all = [...inputs, ...captures.map(([, input]) => input), ...outputs];
  if (!all.every((one) => one !== undefined)) return undefined;
  const read = new Set(all.flatMap((one) => (one && 'outside' in one ? [one.outside] : [])));
  const parts = nodes.map(({ op, attrs, inputs }) => ({
    op,
    attrs,
    inputs: inputs.map((value) => value && (made.get(value) ?? partInput(value, numbers, read))),
  }));
  if (!parts.every((part) => part.inputs.every((input) => input !== undefined))) return undefined;
  return {
    proto,
    opset: state.opset,
    parts,
    outside: outside.map(({ type }) => type),
    inputs,
    captures: new Map(captures),
    outputs,
  } as SourceNode;
}

function sourceInput(
  name: string,
  entry: Entry | undefined,
  numbers: ReadonlyMap<Value, number>,
): SourceInput | undefined {
  if (!entry || entry.isUnread) return undefined;
  const outside = entry.value && numbers.get(entry.value);
  if (outside !== undefined) return { outside };
  const tensor = entry.value ? entry.value.constant : entry.shape && tensorOf(entry.shape);
  return tensor ? { tensor, name } : undefined;
}

/** A constant that the source's node does not read is one that the reading made. */
function partInput(
  value: Value,
  numbers: ReadonlyMap<Value, number>,
  read: ReadonlySet<number>,
): PartInput | undefined {
  const outside = numbers.get(value) ?? -1;
  if (read.has(outside)) return { outside };
  return value.constant ? { tensor: value.constant } : undefined;
}

function sourceOutput(
  name: string,
  entry: Entry | undefined,
  made: ReadonlyMap<Value, { part: number; output: number }>,
): SourceNode['outputs'][number] | undefined {
  if (!name || entry?.isUnread) return { part: -1, output: 0, name };
  const place = entry?.value && made.get(entry.value);
  return place && { ...place, name };
}
