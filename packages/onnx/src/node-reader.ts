import {
  type Attrs,
  CompileError,
  type Dim,
  fromNumbers,
  isFloat,
  isStatic,
  type Tensor,
  type TensorType,
  type Value,
} from '@ghostc/ir';
import { buildNode, openDimensions, type Rounding } from '@ghostc/ops';
import type { AttributeProto, NodeProto } from './onnx-types.ts';
import { type Entry, entryValue, type ReadState, shapeOfEntry } from './read-state.ts';
import { type Call, Scope } from './scope.ts';
import { isSaturated, type ShapeValue, saturated } from './shape-value.ts';
import { toTensor } from './tensor-proto.ts';

/** Converts one ONNX node to IR nodes and returns the value of its first output, or of all. */
export type ReadOp = (node: NodeReader) => Value | readonly Value[];
/** A row of the op table: op_type and its reading. */
export type OpRow = readonly [string, ReadOp];

/** One ONNX node while it is read: typed access to its inputs and attributes, and `emit` for the IR nodes it becomes. */
export class NodeReader {
  readonly proto: NodeProto;
  readonly name: string;
  readonly #state: ReadState;
  readonly attributes: ReadonlyMap<string, AttributeProto>;

  constructor(proto: NodeProto, name: string, state: ReadState) {
    this.proto = proto;
    this.name = name;
    this.#state = state;
    this.attributes = attributesOf(proto, state.call);
  }

  /** Names of its outputs in the graph: results of a function or a branch are called as outside. */
  get outputNames(): string[] {
    const { call, names } = this.#state;
    return (this.proto.output ?? []).map((name) => name && (names?.get(name) || (call?.prefix ?? '') + name));
  }

  get op(): string {
    return this.proto.op_type ?? '';
  }

  get opset(): number {
    return this.#state.opset;
  }

  get rounding(): Rounding {
    return this.#state.rounding;
  }

  get inputCount(): number {
    return this.proto.input?.length ?? 0;
  }

  has(index: number): boolean {
    const name = this.proto.input?.[index];
    return Boolean(name) && !this.#state.call?.absent.has(name as string);
  }

  /** This node with other values as its inputs: an op on integers is read as the float op in it. */
  withInputs(values: readonly (Value | null)[]): NodeReader {
    const input = values.map((value, i) => (value ? `${this.name}#${i}` : ''));
    const entries = new Scope();
    for (const [i, value] of values.entries()) if (value) entries.set(input[i] ?? '', { value });
    return new NodeReader({ ...this.proto, input }, this.name, { ...this.#state, entries });
  }

  /** The value of an input; a shape value becomes a constant. Throws when it is absent or symbolic. */
  input(index: number): Value {
    return entryValue(this.entry(index), this.#state, this.proto.input?.[index]);
  }

  optional(index: number): Value | null {
    return this.has(index) ? this.input(index) : null;
  }

  /** Values of all present inputs. */
  inputs(): Value[] {
    return this.presentInputs().map((i) => this.input(i));
  }

  /** An input as a shape value, if it is one. */
  shape(index: number): ShapeValue | undefined {
    return this.has(index) ? shapeOfEntry(this.entry(index), this.#state) : undefined;
  }

  /** An input that must be constant at compile time, such as axes or a target shape. */
  dims(index: number, what: string): readonly Dim[] {
    const elements = this.#elements(index, what);
    const shape = this.shape(index);
    if (shape && isSaturated(shape))
      throw new CompileError('onnx/integer', `${what} of ${this.op} expects integers below 2^53`);
    return elements;
  }

  /** Bounds of a slice, as an input or an attribute: those beyond 2^53 are as good as 2^53 - 1. */
  bounds(index: number, name: string): number[] | undefined {
    if (this.has(index)) return this.#static(this.#elements(index, name), name);
    return this.#attribute(name)?.ints?.map((value) => saturated(Number(value.toString())));
  }

  #elements(index: number, what: string): readonly Dim[] {
    const shape = this.shape(index);
    if (shape) return shape.elements;
    const value = this.input(index);
    if (!value.producer && !value.constant)
      throw new CompileError(
        'onnx/input-constant',
        `${what} of ${this.op} is the input ${value.name}; expected a constant (give its value when reading)`,
        {},
        [value.name],
      );
    throw new CompileError(
      'onnx/dynamic-shape',
      `${what} of ${this.op} is computed at run time (${this.proto.input?.[index]}); expected a constant${this.#bindHint()}`,
    );
  }

  /** Like `dims`, with every element a number. */
  numbers(index: number, what: string): number[] {
    return this.#static(this.dims(index, what), what);
  }

  #static(dims: readonly Dim[], what: string): number[] {
    if (dims.every(isStatic)) return dims as number[];
    throw new CompileError(
      'onnx/dynamic-shape',
      `${what} of ${this.op} is [${dims.join(',')}]${this.#bindHint()}`,
    );
  }

  /** An input's elements, if they follow from constants. */
  known(index: number): Tensor | undefined {
    return this.#state.cone.tensorOf(this.input(index));
  }

  /** The error of an op whose output size depends on its input's elements. */
  dependsOnData(): CompileError {
    return new CompileError(
      'onnx/data-dependent',
      `the size of the result of ${this.op} depends on the elements of ${this.proto.input?.[0]}; expected them to follow from constants`,
    );
  }

  constant(index: number): Tensor | undefined {
    return this.has(index) ? (this.input(index).constant ?? undefined) : undefined;
  }

  hasAttribute(name: string): boolean {
    return this.attributes.has(name);
  }

  int(name: string, fallback: number): number {
    const value = this.#attribute(name)?.i;
    return value === undefined || value === null ? fallback : safeInteger(value.toString(), name);
  }

  ints(name: string): number[] | undefined {
    const attribute = this.#attribute(name);
    return attribute && (attribute.ints ?? []).map((value) => safeInteger(value.toString(), name));
  }

  /** Integers of the whole int64 range. */
  bigInts(name: string): BigInt64Array | undefined {
    const attribute = this.#attribute(name);
    return attribute && BigInt64Array.from(attribute.ints ?? [], (value) => BigInt(value.toString()));
  }

  bigInt(name: string): bigint | undefined {
    const attribute = this.#attribute(name);
    return attribute && BigInt(attribute.i?.toString() ?? 0);
  }

  /** Attributes are float32, and so are their defaults. */
  float(name: string, fallback: number): number {
    return this.#attribute(name)?.f ?? Math.fround(fallback);
  }

  floats(name: string): number[] | undefined {
    const attribute = this.#attribute(name);
    return attribute && [...(attribute.floats ?? [])];
  }

  text(name: string, fallback: string): string {
    const bytes = this.#attribute(name)?.s;
    return bytes === undefined ? fallback : new TextDecoder().decode(bytes);
  }

  texts(name: string): string[] | undefined {
    return this.#attribute(name)?.strings?.map((bytes) => new TextDecoder().decode(bytes));
  }

  tensor(name: string): Tensor | undefined {
    const proto = this.#attribute(name)?.t;
    return proto ? toTensor(proto, this.#state.readExternal) : undefined;
  }

  /** Adds an IR node that comes from this one; its output carries the name of the ONNX output. */
  emit(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}): Value {
    const names = this.outputNames.slice(0, 1).filter(Boolean);
    return buildNode(this.#state.graph, { op, inputs, attrs, origin: [this.name], names }).output;
  }

  /** Like `emit`, for an op with several outputs. */
  emitAll(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}): readonly Value[] {
    const names = this.outputNames.map((name, i) => name || `${this.op}_${i}`);
    return buildNode(this.#state.graph, { op, inputs, attrs, origin: [this.name], names }).outputs;
  }

  /** Throws before a few bytes of a file make more elements than a model has shapes, masks and ranges. */
  claim(elements: number, what: string): void {
    const { room } = this.#state;
    if (!(elements >= 0 && elements <= room.elements))
      throw new CompileError(
        'onnx/too-large',
        `${what} expects at most ${room.elements} elements, found ${elements}`,
      );
    room.elements -= elements;
  }

  /** 0, 1, 2, ... of int64 under a shape with `count` elements. */
  addRange(count: number, shape: readonly number[]): Value {
    return this.addConstant(
      fromNumbers(
        'i64',
        shape,
        Array.from({ length: count }, (_, i) => i),
      ),
    );
  }

  /** The inputs that --bind may set, if there are any: a condition may depend on them. */
  switchHint(): string {
    const switches = this.#state.graph.inputs.filter(
      ({ type: { dtype, shape } }) => !isFloat(dtype) && shape.every((dim) => dim === 1),
    );
    const [first] = switches;
    return first ? `; --bind ${first.name}=NUMBER gives an input its value` : '';
  }

  /** The error of an op that needs fixed sizes and got a symbolic shape. */
  needsSizes(shape: readonly Dim[]): CompileError {
    return new CompileError(
      'onnx/dynamic-shape',
      `${this.op} needs fixed sizes, found [${shape.join(',')}]${this.#bindHint()}`,
    );
  }

  setType(value: Value, type: TensorType): void {
    this.#state.graph.setType(value, type);
  }

  addConstant(tensor: Tensor, name = this.outputNames[0] ?? 'constant'): Value {
    return this.#state.graph.addConstant(name, tensor);
  }

  /** An entry of the node's metadata. */
  metadata(key: string): string | undefined {
    return this.proto.metadata_props?.find((entry) => entry.key === key)?.value;
  }

  /** Throws unless the attribute has one of the values that are understood. */
  expectText(name: string, fallback: string, accepted: readonly string[]): string {
    const value = this.text(name, fallback);
    if (accepted.includes(value)) return value;
    throw new CompileError(
      'onnx/unsupported',
      `${this.op} with ${name} = ${value} is not supported; expected ${accepted.join(', ')}`,
    );
  }

  #attribute(name: string): AttributeProto | undefined {
    const attribute = this.attributes.get(name);
    if (attribute?.ref_attr_name)
      throw new CompileError('onnx/unsupported', `attribute ${name} refers to a function's attribute`);
    return attribute;
  }

  presentInputs(): number[] {
    return (this.proto.input ?? []).flatMap((_, i) => (this.has(i) ? [i] : []));
  }

  /** What an input refers to. */
  entry(index: number): Entry {
    const name = this.has(index) ? this.proto.input?.[index] : undefined;
    if (!name) throw new CompileError('onnx/input', `${this.op} needs its input ${index}`);
    const entry = this.#state.entries.get(name);
    if (entry) return entry;
    throw new CompileError(
      'onnx/unknown-value',
      `${this.op} reads ${JSON.stringify(name)}, which nothing defines`,
    );
  }

  /** Whether an input is no tensor of numbers. */
  readsOpaque(): boolean {
    const { entries } = this.#state;
    return (this.proto.input ?? []).some((name) => {
      const entry = entries.get(name);
      return entry !== undefined && !entry.isUnread && entry.value?.type.opaque !== undefined;
    });
  }

  /** Whether a name is defined at the node. */
  isKnown(name: string): boolean {
    return this.#state.entries.get(name) !== undefined;
  }

  /** The value that a name refers to. */
  named(name: string): Value {
    return entryValue(this.#state.entries.get(name) ?? {}, this.#state, name);
  }

  /** A symbol for a dimension that is known at run time only. */
  freshDim(preferred: string): string {
    return this.#state.dims.fresh(preferred);
  }

  /** An error of shapes that are not all known, with the option that would make them so. */
  withBindHint(error: CompileError): CompileError {
    const known = this.presentInputs().every((i) => this.entry(i).value?.type.shape.every(isStatic) ?? true);
    const advice = known || error.message.includes('--bind') ? '' : this.#bindAdvice();
    return advice ? error.at({}, [advice]) : error;
  }

  #bindHint(): string {
    const advice = this.#bindAdvice();
    return advice && `; ${advice}`;
  }

  /** The option that would make sizes known, if there is one. */
  #bindAdvice(): string {
    const open = openDimensions(this.#state.graph);
    const names = open.slice(0, 4).map((name) => `${name}=SIZE`);
    return open.length ? `give sizes with --bind ${names.join(' ')}${open.length > 4 ? ' ...' : ''}` : '';
  }
}

/** By name; those that refer to an attribute of the function's caller are the caller's. */
function attributesOf({ attribute = [] }: NodeProto, call?: Call): Map<string, AttributeProto> {
  const resolved = attribute.flatMap((one): AttributeProto[] => {
    if (!one.ref_attr_name || !call) return [one];
    const given = call.attributes.get(one.ref_attr_name);
    return given ? [Object.assign(Object.create(given), { name: one.name })] : [];
  });
  return new Map(resolved.map((one) => [one.name ?? '', one]));
}

function safeInteger(text: string, name: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new CompileError('onnx/attribute', `attribute ${name} expects an integer below 2^53, found ${text}`);
}
