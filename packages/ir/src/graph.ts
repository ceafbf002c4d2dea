import { CompileError } from './compile-error.ts';
import type { GraphSource } from './graph-source.ts';
import { type Attrs, Node, type SourcePart, Value } from './node.ts';
import type { Tensor } from './tensor.ts';
import { tensorType } from './tensor.ts';
import type { TensorType } from './tensor-type.ts';

/** State that only `Graph` may change, since it counts the changes. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A named result of a graph. */
export interface GraphOutput {
  /** Name visible to the user; kept when passes replace the value. */
  readonly name: string;
  value: Value;
}

/** Counts how often each value is an output, so that the query takes constant time. */
class Output implements GraphOutput {
  readonly name: string;
  readonly #count: (value: Value, change: number) => void;
  #value: Value;

  constructor(name: string, value: Value, count: (value: Value, change: number) => void) {
    this.name = name;
    this.#count = count;
    this.#value = value;
    count(value, 1);
  }

  get value(): Value {
    return this.#value;
  }

  set value(value: Value) {
    this.#count(this.#value, -1);
    this.#value = value;
    this.#count(value, 1);
  }
}

/**
 * What `Graph.add` creates a node from. Output types are given, not inferred; `buildNode` of @ghostc/ops
 * infers them.
 */
export interface NewNode {
  readonly op: string;
  readonly inputs: readonly (Value | null)[];
  readonly types: readonly TensorType[];
  readonly attrs?: Attrs;
  readonly origin?: readonly string[];
  readonly partOrigins?: readonly (readonly string[])[];
  readonly part?: SourcePart | null;
  /** Preferred names of the outputs; they are made unique. */
  readonly names?: readonly string[];
  /** Insert before this node; at the end if absent. */
  readonly before?: Node | null;
}

const usersOf = (value: Value): Set<Node> => value.users as Set<Node>;
const link = (node: Mutable<Node>, side: 'previous' | 'next', other: Node | null): void => {
  node[side] = other;
};
const openValue = (value: Value): Mutable<Value> => value;
const openNode = (node: Node): Mutable<Node> => node;

/**
 * A function in SSA form: inputs, constants, nodes in execution order, named outputs. Its methods keep use
 * lists and names consistent; they throw `ir/dominance`, `ir/not-in-graph` and `ir/still-used` rather than
 * break them.
 */
export class Graph {
  readonly name: string;
  readonly #inputs: Value[] = [];
  readonly #outputs: GraphOutput[] = [];
  readonly #constants = new Set<Value>();
  readonly inputs: readonly Value[] = this.#inputs;
  readonly outputs: readonly GraphOutput[] = this.#outputs;
  readonly constants: ReadonlySet<Value> = this.#constants;
  #first: Node | null = null;
  #last: Node | null = null;
  #nodeCount = 0;
  #edits = 0;
  /**
   * Reads the source again with these sizes, if the types of some node do not follow from its inputs. Copies
   * do not have it.
   */
  withSizes: ((sizes: ReadonlyMap<string, number>) => Graph) | null = null;
  /** What the source file contains besides the graph; copies share it. */
  source: GraphSource | null = null;
  readonly #outputCounts = new Map<Value, number>();
  readonly #names = new Set<string>();
  readonly #suffixes = new Map<string, number>();

  constructor(name = 'main') {
    this.name = name;
  }

  get first(): Node | null {
    return this.#first;
  }

  get last(): Node | null {
    return this.#last;
  }

  get nodeCount(): number {
    return this.#nodeCount;
  }

  /** Counts changes: a fact about the graph stays valid while this number is the same. */
  get edits(): number {
    return this.#edits;
  }

  /** Nodes in execution order. The current node may be removed while iterating. */
  *nodes(): IterableIterator<Node> {
    for (let node = this.first; node; ) {
      const next: Node | null = node.next;
      yield node;
      node = next;
    }
  }

  addInput(name: string, type: TensorType): Value {
    const value = new Value(this.#claim(name), type);
    this.#inputs.push(value);
    this.#edits++;
    return value;
  }

  /**
   * Reorders the inputs and removes those not listed. Throws `ir/still-used` if something reads a removed
   * one.
   */
  setInputs(inputs: readonly Value[]): void {
    const kept = new Set(inputs);
    const unknown = inputs.find((value) => !this.#inputs.includes(value));
    if (unknown) throw new CompileError('ir/not-in-graph', `%${unknown.name} is no input`);
    const gone = this.#inputs.filter((value) => !kept.has(value));
    const used = gone.find((value) => value.users.size > 0 || this.isOutput(value));
    if (used) throw new CompileError('ir/still-used', `%${used.name} is still used`);
    for (const { name } of gone) this.#names.delete(name);
    this.#inputs.splice(0, this.#inputs.length, ...kept);
    this.#edits++;
  }

  addConstant(name: string, tensor: Tensor): Value {
    const value = new Value(this.#claim(name), tensorType(tensor), tensor);
    this.#constants.add(value);
    this.#edits++;
    return value;
  }

  addOutput(name: string, value: Value): void {
    const output = new Output(name, value, (one, change) => this.#countOutput(one, change));
    this.#outputs.push(output);
  }

  removeOutputs(): void {
    this.#outputs.splice(0);
    this.#edits++;
    this.#outputCounts.clear();
  }

  /** Adds a node. Types are trusted here; `ops` builds checked nodes, and the verifier checks types again. */
  add({ op, inputs, types, attrs = {}, names = [], before = null, ...source }: NewNode): Node {
    if (before) this.#checkLinked(before);
    const parts = source.partOrigins ?? [];
    const partOrigins = parts.every((names) => names.length > 0) ? parts : [];
    const origin = source.origin ?? parts.flat();
    const outputs = types.map((type, i) => new Value(this.#claim(names[i] ?? op), type));
    const { part = null } = source;
    const node = new Node({ op, inputs: [...inputs], outputs, attrs, origin, partOrigins, part });
    for (const output of outputs) openValue(output).producer = node;
    for (const input of inputs) if (input) usersOf(input).add(node);
    this.#link(node, before);
    return node;
  }

  /** Replaces `from` by `to` in every user and every graph output. */
  replaceAllUses(from: Value, to: Value): void {
    for (const user of [...from.users]) this.replaceInput(user, from, to);
    if (!this.isOutput(from)) return;
    for (const output of this.outputs) if (output.value === from) output.value = to;
  }

  /** Changes the type of a value; the caller must keep neighbouring nodes consistent. */
  setType(value: Value, type: TensorType): void {
    openValue(value).type = type;
    this.#edits++;
  }

  /** Changes the attributes of a node; they must be consistent with its types. */
  setAttrs(node: Node, attrs: Attrs): void {
    openNode(node).attrs = attrs;
    this.#edits++;
  }

  /** Sets or clears which part of a source node this node is. */
  setPart(node: Node, part: SourcePart | null): void {
    openNode(node).part = part;
    this.#edits++;
  }

  /**
   * Renames values, all at once, so that two may swap names. Throws `ir/name` if another value has one of the
   * names.
   */
  rename(names: ReadonlyMap<Value, string>): void {
    for (const value of names.keys()) this.#names.delete(value.name);
    const taken = firstTaken(names.values(), this.#names);
    if (taken !== undefined) {
      for (const value of names.keys()) this.#names.add(value.name);
      throw new CompileError('ir/name', `two values would be called %${taken}`);
    }
    for (const [value, name] of names) {
      openValue(value).name = name;
      this.#names.add(name);
    }
    this.#edits++;
  }

  /** Renames an output. */
  renameOutput(output: Mutable<GraphOutput>, name: string): void {
    output.name = name;
    this.#edits++;
  }

  /** Every input of `node` that is `from` becomes `to`. */
  replaceInput(node: Node, from: Value, to: Value | null): void {
    if (!node.inputs.includes(from)) return;
    const inputs = node.inputs as (Value | null)[];
    for (let i = 0; i < inputs.length; i++) if (inputs[i] === from) inputs[i] = to;
    usersOf(from).delete(node);
    if (to) usersOf(to).add(node);
    this.#edits++;
  }

  /** Removes a node whose results nobody uses; throws `ir/still-used` otherwise, `ir/not-in-graph` for a removed node. */
  remove(node: Node): void {
    this.#checkLinked(node);
    const used = node.outputs.find((value) => value.users.size > 0 || this.isOutput(value));
    if (used)
      throw new CompileError('ir/still-used', `%${used.name} is still used`, {
        node: node.origin[0],
        op: node.op,
      });
    for (const input of node.inputs) if (input) usersOf(input).delete(node);
    for (const output of node.outputs) this.#names.delete(output.name);
    this.#unlink(node);
  }

  removeConstant(value: Value): void {
    if (value.users.size > 0 || this.isOutput(value))
      throw new CompileError('ir/still-used', `%${value.name} is still used`);
    if (!this.#constants.delete(value)) return;
    this.#names.delete(value.name);
    this.#edits++;
  }

  /** Puts `node` before `anchor` in execution order (at the end for null). */
  move(node: Node, anchor: Node | null): void {
    this.#checkLinked(node);
    if (node === anchor) return;
    if (anchor) this.#checkLinked(anchor);
    this.#unlink(node);
    this.#link(node, anchor);
  }

  isOutput(value: Value): boolean {
    return (this.#outputCounts.get(value) ?? 0) > 0;
  }

  /** A copy with its own values and nodes; tensors are shared. `copies` receives the copy of each value. */
  clone(copies: Map<Value, Value> = new Map()): Graph {
    return cloneGraph(this, copies);
  }

  #countOutput(value: Value, change: number): void {
    this.#outputCounts.set(value, (this.#outputCounts.get(value) ?? 0) + change);
    this.#edits++;
  }

  #claim(preferred: string): string {
    const base = preferred || 'v';
    let name = base;
    if (this.#names.has(name)) {
      let suffix = this.#suffixes.get(base) ?? 1;
      while (this.#names.has(`${base}_${suffix}`)) suffix++;
      this.#suffixes.set(base, suffix + 1);
      name = `${base}_${suffix}`;
    }
    this.#names.add(name);
    return name;
  }

  /** Whether a node has not been removed. */
  has(node: Node): boolean {
    return node.previous ? node.previous.next === node : this.first === node;
  }

  #checkLinked(node: Node): void {
    if (this.has(node)) return;
    throw new CompileError('ir/not-in-graph', `this ${node.op} is not in the graph`, {
      node: node.origin[0],
      op: node.op,
    });
  }

  #link(node: Node, before: Node | null): void {
    const previous = before ? before.previous : this.last;
    link(node, 'previous', previous);
    link(node, 'next', before);
    if (previous) link(previous, 'next', node);
    else this.#first = node;
    if (before) link(before, 'previous', node);
    else this.#last = node;
    this.#nodeCount++;
    this.#edits++;
  }

  #unlink(node: Node): void {
    if (node.previous) link(node.previous, 'next', node.next);
    else this.#first = node.next;
    if (node.next) link(node.next, 'previous', node.previous);
    else this.#last = node.previous;
    link(node, 'previous', null);
    link(node, 'next', null);
    this.#nodeCount--;
    this.#edits++;
  }
}

function cloneGraph(source: Graph, map: Map<Value, Value>): Graph {
  const copy = new Graph(source.name);
  copy.source = source.source;
  const mapped = (value: Value): Value => map.get(value) ?? unknownValue(value);
  for (const input of source.inputs) map.set(input, copy.addInput(input.name, input.type));
  for (const value of source.constants)
    if (value.constant) map.set(value, copy.addConstant(value.name, value.constant));
  for (const node of source.nodes()) {
    const inputs = node.inputs.map((value) => value && mapped(value));
    const types = node.outputs.map((value) => value.type);
    const names = node.outputs.map((value) => value.name);
    const { op, attrs, origin, partOrigins, part } = node;
    const copied = copy.add({ op, inputs, types, names, attrs, origin, partOrigins, part });
    node.outputs.forEach((value, i) => map.set(value, copied.outputs[i] ?? unknownValue(value)));
  }
  for (const { name, value } of source.outputs) copy.addOutput(name, mapped(value));
  return copy;
}

function unknownValue(value: Value): never {
  throw new CompileError('ir/dominance', `%${value.name} is used before it is defined`);
}

/** The first name that is already used, or occurs twice. */
function firstTaken(names: Iterable<string>, taken: ReadonlySet<string>): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (taken.has(name) || seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
