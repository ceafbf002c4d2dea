import { type Attr, constantOf, isStatic, type Tensor, type Value } from '@ghostc/ir';
import { dataTypeOf, fromTensor, typeFromJson } from '@ghostc/onnx';
import { withoutHeight } from './line-form.ts';

/** AttributeProto.AttributeType */
const FLOAT = 1;
const INT = 2;
const STRING = 3;
const FLOATS = 6;
const INTS = 7;
const STRINGS = 8;

/** An attribute with its ONNX type said: numbers are ints unless wrapped in `floatAttr`. */
export interface FloatAttr {
  readonly float: number;
}

export function floatAttr(value: number): FloatAttr {
  return { float: value };
}

export type OnnxAttrs = Readonly<Record<string, Attr | FloatAttr>>;

/** Collects the nodes and initializers of a GraphProto; names are kept unique. */
export class OnnxGraph {
  readonly nodes: object[] = [];
  readonly initializers: Entry[] = [];
  /** Nodes that are as their source has them. */
  readonly kept = new Set<object>();
  /** What its initializers hold. */
  readonly tensors = new Map<string, Tensor>();
  /** Constants that only nodes of the source read, by their data. */
  readonly #sourceNames = new Map<Tensor, string>();
  /** Domains of its nodes other than the standard's. */
  readonly domains = new Set<string>();
  /** Names of values that are written as parts, which the one node that reads them joins. */
  readonly parts = new Map<Value, readonly string[]>();
  readonly #taken: Set<string>;
  /** By name, the next suffix to try. */
  readonly #suffixes = new Map<string, number>();
  readonly #constants = new Map<Value, string>();
  readonly #made = new Map<Value, Map<string, string>>();

  /** Version of the standard ops that the model is written in. */
  readonly opset: number;

  /** Weights that are written without their axis of height. */
  readonly lines: ReadonlySet<Value>;

  /** Values of i8 that are written as u8, with 128 added. */
  readonly unsigned: ReadonlySet<Value>;

  /** Biases of quantised layers are written as floats. */
  readonly floatBiases: boolean;

  constructor(
    names: Iterable<string>,
    { opset, lines, unsigned, floatBiases }: Pick<OnnxGraph, 'opset' | 'lines' | 'unsigned' | 'floatBiases'>,
  ) {
    this.#taken = new Set(names);
    this.opset = opset;
    this.lines = lines;
    this.unsigned = unsigned;
    this.floatBiases = floatBiases;
  }

  /** Adds a node whose first output gets `output`, or a fresh name; `more` names the others. */
  node(
    op: string,
    inputs: readonly string[],
    {
      attrs = {},
      output = this.fresh(op),
      more = [],
      name = '',
    }: { attrs?: OnnxAttrs; output?: string; more?: readonly string[]; name?: string } = {},
  ): string {
    const attribute = Object.entries(attrs).map(([key, value]) => encodeAttribute(key, value));
    this.nodes.push({ op_type: op, name, input: [...inputs], output: [output, ...more], attribute });
    return output;
  }

  /** Metadata of the node added last. */
  note(key: string, value: string): void {
    Object.assign(this.nodes.at(-1) ?? {}, { metadata_props: [{ key, value }] });
  }

  /** The node added last is of another domain than the standard's. */
  inDomain(domain: string): void {
    Object.assign(this.nodes.at(-1) ?? {}, { domain });
    this.domains.add(domain);
  }

  /** Attributes of the most recent node, unconverted. */
  encoded(attributes: readonly object[]): void {
    const node = this.nodes.at(-1) ?? {};
    Object.assign(node, { attribute: attributes });
    this.kept.add(node);
  }

  /** Other names for the outputs of the node added last. */
  renameOutputs(name: (old: string, index: number) => string): void {
    const node = this.nodes.at(-1) as { output: string[] };
    node.output = node.output.map(name);
  }

  initializer(tensor: Tensor, preferred: string): string {
    const name = this.fresh(preferred);
    this.#initialize(tensor, name);
    return name;
  }

  /** The initializer of a constant value, made when first asked for. */
  constant(value: Value, name = value.name): string {
    const known = this.#constants.get(value);
    if (known) return known;
    this.#constants.set(value, name);
    const tensor = constantOf(value);
    const written = this.lines.has(value) ? { ...tensor, shape: withoutHeight(tensor.shape) } : tensor;
    this.#initialize(written, name);
    return name;
  }

  #initialize(tensor: Tensor, name: string): void {
    this.initializers.push({ name, ...fromTensor(tensor, name) });
    this.tensors.set(name, tensor);
  }

  /** A node as the source has it. */
  raw(node: { readonly domain?: string; readonly [field: string]: unknown }): void {
    this.nodes.push(node);
    this.kept.add(node);
    if (node.domain && node.domain !== 'ai.onnx') this.domains.add(node.domain);
  }

  /** The initializer of a constant that the source's nodes read, made when first asked for. */
  sourceConstant(tensor: Tensor, preferred: string): string {
    const name = this.#sourceNames.get(tensor) ?? this.initializer(tensor, preferred);
    this.#sourceNames.set(tensor, name);
    return name;
  }

  /** What `make` names for a value and purpose, made when first asked for. */
  once(value: Value, what: string, make: () => string): string {
    const known = this.#made.get(value) ?? new Map<string, string>();
    this.#made.set(value, known);
    const name = known.get(what) ?? make();
    known.set(what, name);
    return name;
  }

  fresh(preferred: string): string {
    let name = preferred;
    let suffix = this.#suffixes.get(preferred) ?? 1;
    while (this.#taken.has(name)) name = `${preferred}_${suffix++}`;
    if (name !== preferred) this.#suffixes.set(preferred, suffix);
    this.#taken.add(name);
    return name;
  }
}

function encodeAttribute(name: string, value: Attr | FloatAttr): object {
  if (typeof value === 'object' && 'float' in value) return { name, type: FLOAT, f: value.float };
  if (typeof value === 'string') return { name, type: STRING, s: new TextEncoder().encode(value) };
  if (typeof value === 'object') {
    if (value.length > 0 && value.every((one) => typeof one === 'string'))
      return { name, type: STRINGS, strings: value.map((one) => new TextEncoder().encode(one)) };
    return value.every(Number.isInteger)
      ? { name, type: INTS, ints: [...value] }
      : { name, type: FLOATS, floats: [...value] };
  }
  return { name, type: INT, i: Number(value) };
}

/** A value or tensor of the format. */
export interface Entry {
  readonly name: string;
}

/** ValueInfoProto of an input or output; symbolic dimensions become dim_param. */
export function valueInfo(name: string, { type }: Value): Entry & { readonly type?: object } {
  if (type.opaque !== undefined) return { name, ...(type.opaque && { type: typeFromJson(type.opaque) }) };
  const dim = type.shape.map((size) => (isStatic(size) ? { dim_value: size } : { dim_param: size }));
  return { name, type: { tensor_type: { elem_type: dataTypeOf(type.dtype), shape: { dim } } } };
}
