import {
  type Attrs,
  CompileError,
  type Dim,
  formatType,
  type Graph,
  itemAt,
  type Node,
  sameShape,
  sameType,
  type Tensor,
  type TensorType,
  Value,
} from '@ghostc/ir';
import { buildNode, type OpFunctions, type OpName, partsOf } from '@ghostc/ops';
import { batchChanges } from './batch/batch-changes.ts';
import { checked, renamedNotes } from './copy-graph.ts';
import { findNodes, type NodeQuery } from './find.ts';
import { type MergeOptions, mergeInto } from './merge-into.ts';
import { NameIndex } from './name-index.ts';
import { settleOrder, settleTypes } from './settle.ts';

/** A value, or its name. */
export type ValueRef = Value | string;

/** A node to add. Inputs are values or their names, tensors (which become constants), or null for an absent optional one. */
export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly (ValueRef | Tensor | null)[];
  readonly attrs?: Attrs;
  readonly name?: string;
}

/** What `Editor.ops` has. */
export type EditorOps = OpFunctions<ValueRef | Tensor | null, Value, [name?: string]>;

/** Builds new nodes that read a value; returns the value that replaces it. */
export type Insertion = (value: Value, e: Editor) => Value;

/**
 * Any number of changes on one copy of a graph. Types downstream are inferred again, nodes are placed after
 * their inputs, and the verifier runs once, at the end. Values and nodes of the original graph may be used to
 * refer to their copies. If it throws, the original is unchanged.
 */
export function edit(graph: Graph, change: (e: Editor) => void): Graph {
  const copies = new Map<Value, Value>();
  const editor = new Editor(graph.clone(copies), copies);
  change(editor);
  return editor.finish();
}

/** What `edit` passes to its callback. Throws `edit/not-found` for an unknown name, node or input. */
export class Editor {
  /** The copy, which may be read and changed directly: the editor notices such changes. */
  readonly graph: Graph;
  readonly #names: NameIndex;
  readonly #stale = new Set<Node>();

  readonly #copies: ReadonlyMap<Value, Value>;

  /** The editor changes this graph in place; `edit` passes it a copy, and a map from the original's values. */
  constructor(graph: Graph, copies: ReadonlyMap<Value, Value> = new Map()) {
    this.graph = graph;
    this.#copies = copies;
    this.#names = new NameIndex(graph);
  }

  /** A value by its name; throws `edit/not-found` with similar names. */
  value(ref: ValueRef): Value {
    return ref instanceof Value ? (this.#copies.get(ref) ?? ref) : this.#names.find(ref);
  }

  /** The node that computes a value. */
  nodeOf(ref: ValueRef): Node {
    const value = this.value(ref);
    if (value.producer) return value.producer;
    throw new CompileError('edit/not-found', `no node computes %${value.name}`);
  }

  /** Nodes that match every part of the query, in execution order. */
  find(query: NodeQuery = {}): Node[] {
    return findNodes(this.graph, query);
  }

  /** A function for each op, of its inputs and attributes by name: `e.ops.conv2d({ x: 'image', weight, strides: [2, 2] })`. */
  get ops(): EditorOps {
    return new Proxy({} as EditorOps, {
      get: (_, op: OpName) => (parts: object, name?: string) => {
        const { inputs, attrs } = partsOf<ValueRef | Tensor>(op, parts as Readonly<Record<string, unknown>>);
        return this.add({ op, inputs, attrs, ...(name !== undefined && { name }) });
      },
    });
  }

  /** Adds a node; returns its first result. */
  add(spec: NodeSpec): Value {
    return itemAt(this.addAll(spec), 0);
  }

  /** Adds a node; returns all its results. */
  addAll({ op, inputs, attrs = {}, name }: NodeSpec): readonly Value[] {
    settleTypes(this.graph, this.#stale);
    const values = inputs.map((input) => this.#operand(input, name ?? op));
    const before = this.#placeAfter(values);
    const place = { names: [name ?? op], origin: name === undefined ? [] : [name], before };
    return this.#names.tracking((added) => {
      const { outputs } = buildNode(this.graph, { op, inputs: values, attrs, ...place });
      outputs.forEach(added);
      return outputs;
    });
  }

  /** Adds a constant. */
  constant(name: string, tensor: Tensor): Value {
    return this.#names.tracking((added) => {
      const value = this.graph.addConstant(name, tensor);
      added(value);
      return value;
    });
  }

  /** Adds an input of the graph. */
  input(name: string, type: TensorType): Value {
    return this.graph.addInput(name, type);
  }

  /**
   * Reorders the graph's inputs and removes those not named. Throws `ir/still-used` if something reads a
   * removed one.
   */
  keepInputs(...names: readonly string[]): void {
    this.graph.setInputs(names.map((name) => this.value(name)));
  }

  /** Replaces an input of the graph by a constant. */
  freeze(name: string, tensor: Tensor): void {
    const { type } = this.value(name);
    const rest = this.graph.inputs.filter((input) => input.name !== name).map((input) => input.name);
    const value = this.constant(`${name}_frozen`, tensor);
    if (!sameShape(type.shape, tensor.shape) || type.dtype !== tensor.dtype)
      throw new CompileError('edit/type', `%${name} is ${formatType(type)}, found ${formatType(value.type)}`);
    this.replace(name, value);
    this.keepInputs(...rest);
  }

  /** Adds an output of the graph, by default with the value's name. */
  output(ref: ValueRef, name?: string): void {
    const value = this.value(ref);
    this.graph.addOutput(name ?? value.name, value);
  }

  /** The value of an output of the graph. Throws `edit/not-found`. */
  outputValue(name: string): Value {
    const output = this.graph.outputs.find((one) => one.name === name);
    if (output) return output.value;
    const known = this.graph.outputs.map((one) => one.name).join(', ');
    throw new CompileError('edit/not-found', `there is no output ${name}; there are ${known}`);
  }

  /** Replaces one output by several, by name. */
  replaceOutput(name: string, by: Readonly<Record<string, ValueRef>>): void {
    this.outputValue(name);
    const all = this.graph.outputs.map((one) => [one.name, one.value] as const);
    this.graph.removeOutputs();
    for (const [kept, value] of all) {
      if (kept !== name) this.output(value, kept);
      else for (const [added, ref] of Object.entries(by)) this.output(ref, added);
    }
  }

  /**
   * Inserts nodes after a value: everything that read it, including outputs, reads their result. A spec's
   * inputs name the value.
   */
  insertAfter(ref: ValueRef, insertion: NodeSpec | Insertion): Value {
    const value = this.value(ref);
    const users = [...value.users];
    const outputs = this.graph.isOutput(value) ? this.graph.outputs.filter((one) => one.value === value) : [];
    const result = this.#make(value, insertion);
    this.#names.tracking(() => {
      for (const user of users) this.#reroute(user, value, result);
      for (const output of outputs) output.value = result;
    });
    return result;
  }

  /** Inserts nodes on one edge: only that node reads their result. */
  insertBefore(at: Node, slot: number, insertion: NodeSpec | Insertion): Value {
    const node = this.#own(at);
    const value = node.inputs[slot];
    if (!value) throw new CompileError('edit/not-found', `${node.op} has no input ${slot}`);
    const result = this.#make(value, insertion);
    this.#reroute(node, value, result);
    return result;
  }

  /** Replaces a value in everything that read it; removes what only the old one needed. */
  replace(ref: ValueRef, by: ValueRef | NodeSpec): Value {
    const old = this.value(ref);
    const value = typeof by === 'string' || by instanceof Value ? this.value(by) : this.add(by);
    for (const user of [...old.users]) this.#reroute(user, old, value);
    this.graph.replaceAllUses(old, value);
    this.#removeUnread(old);
    return value;
  }

  /** Removes a node: what read its result reads its input at `slot`. */
  bypass(ref: ValueRef, slot = 0): void {
    const value = this.value(ref);
    const source = value.producer?.inputs[slot];
    if (!source)
      throw new CompileError('edit/not-found', `no node with an input ${slot} computes %${value.name}`);
    this.replace(value, source);
  }

  /** Sets attributes; those not named are unchanged. */
  setAttrs(of: Node, attrs: Attrs): void {
    const node = this.#own(of);
    this.graph.setAttrs(node, { ...node.attrs, ...attrs });
    this.#stale.add(node);
  }

  /**
   * Sets the type of an input of the graph, or part of it; its readers read the result of `through`, if
   * given.
   */
  setInput(ref: ValueRef, type: Partial<TensorType>, through?: Insertion): void {
    const value = this.value(ref);
    if (!this.graph.inputs.includes(value))
      throw new CompileError('edit/not-found', `%${value.name} is no input`);
    if (through) {
      this.graph.setType(value, { ...value.type, ...type });
      this.insertAfter(value, through);
    } else this.#retype(value, { ...value.type, ...type });
  }

  /** Sets the batch size, as `changeBatch`. */
  batch(size: Dim): void {
    settleTypes(this.graph, this.#stale);
    const { inputs, attrs, repeated } = batchChanges(this.graph, size);
    const made = new Map<string, Value>();
    const rows = repeated.map(({ x, axis }) => {
      const key = `${axis} ${x.name}`;
      const shape = x.type.shape.map((dim, i) => Number(i === axis ? size : dim));
      const row = made.get(key) ?? this.ops.expand({ x, shape });
      made.set(key, row);
      return row;
    });
    // no type is consistent before all have changed
    repeated.forEach(({ node, x }, i) => {
      this.#reroute(node, x, itemAt(rows, i));
    });
    for (const [node, changed] of attrs) {
      this.graph.setAttrs(node, changed);
      this.#stale.add(node);
    }
    for (const input of inputs)
      this.#retype(input, { ...input.type, shape: [size, ...input.type.shape.slice(1)] });
  }

  /**
   * Renames values and outputs, by a table or a function; all at once, so that two may swap names. Throws
   * `edit/not-found` for an unknown name, `ir/name` if two would get the same one.
   */
  rename(names: Readonly<Record<string, string>> | ((name: string) => string)): void {
    if (typeof names === 'object') for (const name of Object.keys(names)) this.value(name);
    const renamed = (name: string): string =>
      typeof names === 'function' ? names(name) : Object.hasOwn(names, name) ? (names[name] ?? name) : name;
    const table = new Map<Value, string>();
    for (const value of this.#allValues())
      if (renamed(value.name) !== value.name) table.set(value, renamed(value.name));
    this.graph.rename(table);
    for (const output of this.graph.outputs) this.graph.renameOutput(output, renamed(output.name));
    const { source } = this.graph;
    this.graph.source = source && renamedNotes(source, renamed);
  }

  /** Copies another graph into this one; returns its outputs by their names there. */
  merge(other: Graph, options: MergeOptions = {}): ReadonlyMap<string, Value> {
    return mergeInto(this, other, options);
  }

  /** Removes an output of the graph, and what only it needed. */
  removeOutput(name: string): void {
    const value = this.outputValue(name);
    this.replaceOutput(name, {});
    this.#removeUnread(value);
  }

  /** Removes every node and constant that no output needs. */
  removeDead(): void {
    for (let node = this.graph.last; node; ) {
      const { previous }: Node = node;
      if (!node.outputs.some((one) => this.#isRead(one))) this.graph.remove(node);
      node = previous;
    }
    for (const value of [...this.graph.constants]) if (!this.#isRead(value)) this.graph.removeConstant(value);
  }

  /** The current graph: ordered, typed and verified. */
  finish(): Graph {
    settleOrder(this.graph);
    settleTypes(this.graph, this.#stale);
    return checked(this.graph);
  }

  /** The node of this graph that corresponds to one of the original. */
  #own(node: Node): Node {
    return this.value(node.output).producer ?? node;
  }

  #make(value: Value, insertion: NodeSpec | Insertion): Value {
    return typeof insertion === 'function' ? insertion(value, this) : this.add(insertion);
  }

  #operand(input: ValueRef | Tensor | null, name: string): Value | null {
    if (input === null) return input;
    return typeof input === 'string' || input instanceof Value
      ? this.value(input)
      : this.constant(`${name}_constant`, input);
  }

  /**
   * Right after the only input that a node computes; otherwise at the end, or the start: `finish` puts nodes
   * in order.
   */
  #placeAfter(inputs: readonly (Value | null)[]): Node | null {
    const producers = inputs.flatMap((input) => input?.producer ?? []);
    const [only] = producers;
    if (!only) return this.graph.first;
    return producers.every((one) => one === only) ? only.next : null;
  }

  #reroute(user: Node, from: Value, to: Value): void {
    this.graph.replaceInput(user, from, to);
    if (!sameType(from.type, to.type)) this.#stale.add(user);
  }

  #retype(value: Value, type: TensorType): void {
    if (sameType(value.type, type)) return;
    this.graph.setType(value, type);
    for (const user of value.users) this.#stale.add(user);
  }

  #isRead(value: Value): boolean {
    return value.users.size > 0 || this.graph.isOutput(value);
  }

  #removeUnread(value: Value): void {
    const pending = [value];
    for (let next = pending.pop(); next; next = pending.pop()) {
      if (this.#isRead(next)) continue;
      const { producer } = next;
      if (next.constant) this.graph.removeConstant(next);
      if (!producer?.outputs.every((one) => !this.#isRead(one)) || !this.graph.has(producer)) continue;
      this.graph.remove(producer);
      this.#stale.delete(producer);
      pending.push(...producer.inputs.filter((input) => input !== null));
    }
  }

  *#allValues(): Iterable<Value> {
    yield* this.graph.inputs;
    yield* this.graph.constants;
    for (const node of this.graph.nodes()) yield* node.outputs;
  }
}
