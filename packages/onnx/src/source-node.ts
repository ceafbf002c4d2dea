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
  /**
   * By number, the constant that such a value dequantises, if no part reads it: the reader converted the
   * constant.
   */
  readonly dequantized: ReadonlyMap<number, Tensor>;
  readonly inputs: readonly SourceInput[];
  /** What its bodies read from outside, by their names there. */
  readonly captures: ReadonlyMap<string, SourceInput>;
  /** Which result of which part an output is; null if nothing can read it. */
  readonly outputs: readonly { readonly part: number; readonly output: number; readonly name: string }[];
}

/** Marks the nodes after `last` with the source node that they were read from, if that is known. */
export function rememberSource(proto: NodeProto, state: ReadState, last: Node | null): void {
  const nodes = nodesAfter(state.graph, last);
  if (nodes.length === 0) return;
  if (nodes.length > 1) nameResults(proto, state, nodes);
  const parts: SourceNode['parts'][number][] = [];
  const whole = { proto, opset: state.opset, parts };
  nodes.forEach((node, index) => {
    state.graph.setPart(node, { whole, index });
  });
  const rest = sourceOf(whole, state, nodes);
  if (rest) Object.assign(whole, rest);
  else for (const node of nodes) state.graph.setPart(node, null);
}

/** Results have the names from the source, given to the first of several nodes. */
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

type Whole = Pick<SourceNode, 'proto' | 'opset'> & { readonly parts: SourceNode['parts'][number][] };

/** What the parts and the source's node read and produce; undefined if one of them is unknown. */
function sourceOf(whole: Whole, state: ReadState, nodes: readonly Node[]): object | undefined {
  const outside = outsideOf(whole, nodes);
  const { input = [], attribute = [], output = [] } = whole.proto;
  const inputs = input.map((name) => (name ? sourceInput(state.entries.get(name), name, outside) : null));
  const captures = new Map<string, SourceInput | undefined>();
  for (const one of attribute)
    for (const name of outerNames(one)) {
      const entry = state.entries.get(name);
      if (entry) captures.set(name, sourceInput(entry, name, outside));
    }
  const outputs = output.map((name) => sourceOutput(state.entries.get(name), name, whole));
  if (outputs.includes(undefined)) return undefined;
  const read: boolean[] = [];
  for (const one of [...inputs, ...captures.values()]) {
    if (one === undefined) return undefined;
    if (one && 'outside' in one) read[one.outside] = true;
  }
  for (const { op, attrs, inputs: values } of nodes) {
    const inputs = values.map((value) => partInput(value, { whole, outside, read }));
    if (inputs.includes(undefined)) return undefined;
    whole.parts.push({ op, attrs, inputs: inputs as PartInput[] });
  }
  const { values, dequantized } = outside;
  return { outside: values.map(({ type }) => type), dequantized, inputs, captures, outputs };
}

/** Values that parts read from outside, numbered. */
class Outside {
  readonly values: Value[] = [];
  readonly dequantized = new Map<number, Tensor>();
  /** Of many: an unrolled loop has thousands. */
  readonly #numbers = new Map<Value, number>();

  number(value: Value): number {
    return this.values.length < SMALL ? this.values.indexOf(value) : (this.#numbers.get(value) ?? -1);
  }

  add(value: Value): void {
    if (this.number(value) >= 0) return;
    this.values.push(value);
    if (this.values.length === SMALL) this.values.forEach((one, i) => this.#numbers.set(one, i));
    else if (this.values.length > SMALL) this.#numbers.set(value, this.values.length - 1);
  }
}

const SMALL = 16;

function outsideOf(whole: Whole, nodes: readonly Node[]): Outside {
  const outside = new Outside();
  for (const { inputs } of nodes)
    for (const value of inputs) if (value && value.producer?.part?.whole !== whole) outside.add(value);
  return outside;
}

function sourceInput(entry: Entry | undefined, name: string, values: Outside): SourceInput | undefined {
  if (!entry || entry.isUnread) return undefined;
  const outside = entry.value ? values.number(entry.value) : -1;
  if (outside >= 0) return { outside };
  const weights = entry.value && dequantizedConstant(entry.value);
  if (entry.value && weights) {
    const number = values.values.length;
    values.add(entry.value);
    values.dequantized.set(number, weights);
    return { outside: number };
  }
  const tensor = entry.value ? entry.value.constant : entry.shape && tensorOf(entry.shape);
  return tensor ? { tensor, name } : undefined;
}

/** The constant whose floats a value is. */
export function dequantizedConstant({ producer }: Value): Tensor | undefined {
  return producer?.op === 'dequantize_linear' ? (producer.inputs[0]?.constant ?? undefined) : undefined;
}

interface Reading {
  readonly whole: Whole;
  readonly outside: Outside;
  /** Whether the source's node reads them, by number. */
  readonly read: readonly boolean[];
}

/** A constant that the source's node does not read is one that the reading made. */
function partInput(value: Value | null, { whole, outside, read }: Reading): PartInput | undefined {
  if (!value) return null;
  const { producer } = value;
  if (producer?.part?.whole === whole)
    return { part: producer.part.index, output: producer.outputs.indexOf(value) };
  const number = outside.number(value);
  if (read[number]) return { outside: number };
  return value.constant ? { tensor: value.constant } : undefined;
}

function sourceOutput(
  entry: Entry | undefined,
  name: string,
  whole: Whole,
): SourceNode['outputs'][number] | undefined {
  if (!name || entry?.isUnread) return { part: -1, output: 0, name };
  const producer = entry?.value?.producer;
  if (!entry?.value || producer?.part?.whole !== whole) return undefined;
  return { part: producer.part.index, output: producer.outputs.indexOf(entry.value), name };
}
