import {
  type Attrs,
  CompileError,
  f32,
  fromNumbers,
  type Graph,
  i64,
  isFloat,
  type Node,
  type Tensor,
  type Value,
} from '@ghostc/ir';
import { type Activation, type AttrSpecs, type AttrValues, activationAttrs, attrsOf } from '@ghostc/ops';
import { isLineWeight, withoutHeight } from './line-form.ts';
import { onnxFunction } from './onnx-functions.ts';
import { floatAttr, type OnnxAttrs, type OnnxGraph } from './onnx-graph.ts';
import type { Split } from './splits.ts';
import type { RawNode } from './write-kept.ts';

export type WriteOp = (writer: NodeWriter) => void;

/** One IR node while it is written: names of its inputs, typed attributes, and the ONNX nodes that it becomes. */
export class NodeWriter {
  readonly node: Node;
  protected readonly target: OnnxGraph;
  readonly #names: Map<Value, string>;
  #part = 0;

  get opset(): number {
    return this.target.opset;
  }

  constructor(node: Node, target: OnnxGraph, names: Map<Value, string>) {
    this.node = node;
    this.target = target;
    this.#names = names;
  }

  /** The node's attributes with defaults filled in, typed by the definition of its op. */
  attrs<A extends AttrSpecs>({ attrs }: { readonly attrs: A }): AttrValues<A> {
    return attrsOf({ attrs }, { attrs: this.given() });
  }

  /** The node's attributes as ops of floats have them. */
  protected given(): Attrs {
    return this.node.attrs;
  }

  value(index: number): Value {
    const value = this.node.inputs[index];
    if (value) return value;
    throw new CompileError('onnx/write', `${this.node.op} has no input ${index}`, {
      node: this.node.origin[0],
      op: this.node.op,
    });
  }

  has(index: number): boolean {
    return Boolean(this.node.inputs[index]);
  }

  /** ONNX name of an input; '' if it is absent. */
  input(index: number): string {
    const value = this.node.inputs[index];
    return value ? this.nameOf(value) : '';
  }

  /** ONNX name of a weight: over a line, of [M,C,k]. */
  weight(index: number): string {
    const name = this.input(index);
    const value = this.value(index);
    if (!isLineWeight(this.node, index) || this.target.lines.has(value)) return name;
    const shape = withoutHeight(value.type.shape).map(Number);
    return this.step('Reshape', [name, this.ints(shape, 'line')]);
  }

  /** Axes of the first input. */
  get rank(): number {
    return this.value(0).type.shape.length;
  }

  /** ONNX name of a value. */
  protected nameOf(value: Value): string {
    if (value.constant) return this.target.constant(value, this.#names.get(value));
    return this.#names.get(value) ?? value.name;
  }

  inputs(): string[] {
    const names = this.node.inputs.flatMap(
      (value, i) => (value && this.target.parts.get(value)) ?? [this.input(i)],
    );
    while (names.at(-1) === '') names.pop();
    return names;
  }

  /** An intermediate ONNX node. */
  step(op: string, inputs: readonly string[], attrs: OnnxAttrs = {}): string {
    return this.target.node(op, inputs, {
      attrs,
      output: this.target.fresh(`${this.node.output.name}_${op.toLowerCase()}`),
      name: this.#nodeName(op),
    });
  }

  /** An intermediate ONNX node that moves elements of the node's first input. */
  moved(op: string, inputs: readonly string[], attrs: OnnxAttrs = {}): string {
    return this.step(op, inputs, attrs);
  }

  /** The ONNX node that computes the IR node's output. */
  last(op: string, inputs: readonly string[], attrs: OnnxAttrs = {}): void {
    const output = this.#names.get(this.node.output) ?? this.node.output.name;
    this.target.node(op, inputs, { attrs, output, name: this.#nodeName(op) });
  }

  /** Leaves the parts of the output along channels to the concat that joins them with others, if that is all that reads it. */
  leaves(parts: readonly string[]): boolean {
    const { output } = this.node;
    const [user] = output.users;
    if (this.#names.has(output) || output.users.size !== 1 || user?.op !== 'concat' || user.attrs.axis !== 1)
      return false;
    this.target.parts.set(output, parts);
    return true;
  }

  /** The ONNX node that computes all outputs of the IR node. */
  all(op: string, inputs: readonly string[], attrs: OnnxAttrs = {}): void {
    const [output = '', ...more] = this.node.outputs.map((value) => this.#names.get(value) ?? value.name);
    this.target.node(op, inputs, { attrs, output, more, name: this.#nodeName(op) });
  }

  /** The slices of a value, of which this is the first, as one node. */
  split({ axis, slices }: Split): void {
    const sizes = slices.map(({ output }) => Number(output.type.shape[axis]));
    const [output = '', ...more] = slices.map(({ output: part }) => this.#names.get(part) ?? part.name);
    const inputs = [this.input(0), this.ints(sizes, 'sizes')];
    this.target.node('Split', inputs, { attrs: { axis }, output, more, name: this.#nodeName('Split') });
  }

  /** The ONNX node whose second output is the IR node's output. */
  second(op: string, inputs: readonly string[], attrs: OnnxAttrs = {}): void {
    const wanted = this.#names.get(this.node.output) ?? this.node.output.name;
    const output = this.target.fresh(`${wanted}_first`);
    this.target.node(op, inputs, { attrs, output, more: [wanted], name: this.#nodeName(op) });
  }

  /** All outputs of the IR node by an ONNX node whose attributes are encoded already. */
  raw({ op, inputs, attributes }: RawNode, domain?: string): void {
    this.all(op, inputs);
    this.target.encoded(attributes);
    if (domain) this.target.inDomain(domain);
  }

  /** Outputs of the node written last that it has no name for. */
  leaveOut(absent: readonly boolean[]): void {
    this.target.renameOutputs((name, i) => (absent[i] ? '' : name));
  }

  tensor(tensor: Tensor, what: string): string {
    return this.target.initializer(tensor, `${this.node.output.name}_${what}`);
  }

  /** An int64 initializer. */
  ints(values: readonly number[], what: string): string {
    return this.target.initializer(i64(values), `${this.node.output.name}_${what}`);
  }

  /** A float32 initializer, for inputs that have this type whatever the node computes in. */
  floats32(values: readonly number[], what: string): string {
    return this.target.initializer(f32([values.length], values), `${this.node.output.name}_${what}`);
  }

  /** An initializer of the node's element type; a scalar for a number. */
  floats(values: number | readonly number[], what: string): string {
    const list = typeof values === 'number' ? [values] : values;
    return this.target.initializer(
      fromNumbers(this.node.output.type.dtype, typeof values === 'number' ? [] : [list.length], list),
      `${this.node.output.name}_${what}`,
    );
  }

  /** What is written from here on belongs to the next part of a composite op. */
  nextPart(): void {
    this.#part++;
  }

  /** A node has the name of the source node that did the same there, or one made of the first. */
  #nodeName(op: string): string {
    const names = this.node.partOrigins[this.#part] ?? this.node.origin;
    const isKept = this.node.op === 'onnx_node';
    const same = names.find((name) => isKept || isNameOf(op, name));
    return this.target.fresh(same ?? (names[0] ? `${names[0]}_${op}` : op));
  }
}

type OnnxNode = readonly [op: string, inputs: readonly string[], attrs?: OnnxAttrs];

/** ONNX nodes of an activation after `x`; the last one computes the IR node's output. */
export function writeActivation(writer: NodeWriter, x: string, activation: Activation): void {
  writer.last(...activationNode(writer, x, activation));
}

/** ONNX nodes of an activation after `x` within a node: the name of what they compute. */
export function activationStep(writer: NodeWriter, x: string, activation: Activation): string {
  return activation.activation === 'none' ? x : writer.step(...activationNode(writer, x, activation));
}

/** The last ONNX node of an activation; those before it are written. */
function activationNode(
  writer: NodeWriter,
  x: string,
  { activation, activation_params: [a = 0, b = 0] }: Activation,
): OnnxNode {
  if (activation === 'clip') return ['Clip', limitInputs(writer, x, [a, b])];
  if (activation === 'silu') return ['Mul', [x, writer.step('Sigmoid', [x])]];
  const { op = 'Identity', params = [], fixed } = onnxFunction(activation) ?? {};
  const values = [a, b];
  const floats = params.map((name, i) => [name, floatAttr(values[i] ?? 0)]);
  return [op, [x], { ...fixed, ...Object.fromEntries(floats) }];
}

/** Writes `op`, followed by its activation, if any. */
export function writeWithActivation(
  writer: NodeWriter,
  op: string,
  inputs: readonly string[],
  attrs: OnnxAttrs = {},
): void {
  const activation = writer.attrs({ attrs: activationAttrs });
  if (activation.activation === 'none') writer.last(op, inputs, attrs);
  else writeActivation(writer, writer.step(op, inputs, attrs), activation);
}

export function outputsOf(graph: Graph): Map<Value, string> {
  const names = new Map<Value, string>();
  for (const { name, value } of graph.outputs)
    if (value.producer && !names.has(value)) names.set(value, name);
  return names;
}

/** Is a name made of an op type, as exporters make it: `/layer/Conv`, `Conv_12`? A `MatMul` is no `Mul`. */
function isNameOf(op: string, name: string): boolean {
  const [last = ''] = /[A-Za-z]*(?:_\d+)?$/.exec(name) ?? [];
  return last.replace(/_\d+$/, '') === op;
}

/**
 * An open end of floats is an infinity, since ONNX Runtime limits to the largest finite number without a bound; one of
 * integers, which have none, is absent.
 */
function limitInputs(writer: NodeWriter, x: string, [min, max]: readonly [number, number]): string[] {
  const { dtype, quant } = writer.node.output.type;
  const computesInFloats = isFloat(dtype) || quant !== undefined;
  const bound = (value: number, what: string): string =>
    Number.isFinite(value) || computesInFloats ? writer.floats(value, what) : '';
  const inputs = [x, bound(min, 'min'), bound(max, 'max')];
  while (inputs.at(-1) === '') inputs.pop();
  return inputs;
}
